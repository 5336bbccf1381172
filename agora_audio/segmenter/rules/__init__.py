"""What the segmenter knows about languages, as tables: one file per family of rules.

`marks`
    what ends a sentence, what ends a clause, what may stand between a mark and the end
`abbreviations`
    words whose full stop may be no end, per language, in six classes
`starters`
    words that begin a sentence rather than carry on a name
`quotes`
    brackets, and quotation marks by language
`lists`
    bullets, and how items are numbered
`speech`
    words that tell who said what stands in quotes
`clauses`
    words that begin a clause, for cutting before the sentence ends
`languages`
    all of it put together for one language, with what a caller adds
"""
