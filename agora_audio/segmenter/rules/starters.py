"""Words that begin a sentence: after an abbreviation they tell a new sentence from a name that goes on.

Closed classes only: pronouns, articles, question words, conjunctions, common adverbs and auxiliaries. Written small.
"""

from __future__ import annotations

__all__ = ["STARTERS"]

STARTERS = {
    "en": """
        a an the this that these those it he she they we you i it's he's she's i'm i'll i've that's there's
        we're you're
        they're there here what why how when where who whom whose which if in on at for from but and or so yet not no
        yes as after before because although though while since until unless then now however also our my your his her
        its their do does did is are was were am has have had can could would shall should must let let's
        please thanks
        nobody everyone everybody somebody someone nothing something everything all both each some many most another
        one two three to with by of once such perhaps maybe today tomorrow yesterday meanwhile moreover therefore
        finally next first second nevertheless go come see call ask send try take give tell get
        millions thousands hundreds dozens don't doesn't didn't won't can't isn't aren't wasn't
        during under over between without within about
        """,
    "de": """
        der die das den dem des ein eine einen einem einer eines er sie es wir ihr ich du man dies diese dieser dieses
        diesem diesen jene jener jenes sein seine seinen seinem seiner ihre ihren ihrem ihrer unser unsere mein meine
        dein deine kein keine in im an am auf aus bei beim mit nach von vom zu zum zur für durch gegen ohne um über
        unter vor hinter zwischen seit während wegen trotz und oder aber denn doch sondern wenn als ob weil da dass
        obwohl nachdem bevor damit sobald wer was wo wann warum wie wieso welche welcher welches hier dort jetzt nun
        dann danach heute gestern morgen auch nur noch schon so sehr zuerst zunächst schließlich jedoch außerdem
        deshalb daher dabei dafür dazu darauf alle alles viele einige mehrere beide jeder jede jedes nicht nichts
        niemand jemand ist sind war waren hat haben hatte wird werden wurde kann können muss soll ja nein bitte danke
        allerdings trotzdem insgesamt etwa laut bis ab je
        """,
    "fr": """
        le la les l un une des du de d il elle ils elles on nous vous je tu ce cet cette ces c cela ça ceci mon ma mes
        ton ta tes son sa ses notre nos votre vos leur leurs et ou mais donc or ni car si quand lorsque comme puisque
        parce bien que qui quoi où comment pourquoi quel quelle dans en sur sous avec sans pour par chez à au aux
        après avant depuis pendant entre selon vers ici là maintenant alors puis ensuite enfin aujourd'hui hier demain
        aussi ainsi cependant toutefois néanmoins pourtant tout tous toute toutes plusieurs chaque certains quelques
        aucun aucune personne rien oui non merci est sont était a ont ne n y
        """,
    "es": """
        el la los las lo un una unos unas él ella ellos ellas nosotros usted ustedes yo tú este esta estos estas esto
        ese esa eso aquel aquella mi mis tu tus su sus nuestro nuestra y o pero sino porque aunque si cuando como
        donde quien que qué quién cómo cuándo dónde por para con sin en de del al a ante bajo desde entre hacia hasta
        según sobre tras durante aquí allí ahora luego después antes hoy ayer mañana también además sin así entonces
        todo todos toda todas algunos muchos cada nadie nada no sí gracias es son era fue está están ha han hay se le
        les me te nos
        """,
    "it": """
        il lo la i gli le l un uno una egli ella lui lei loro noi voi io tu esso essa questo questa questi queste
        quello quella ciò mio mia suo sua nostro vostro e o ma però se quando come perché poiché mentre che chi cosa
        dove in nel nella nei con su sul per tra fra di del della da dal a al alla dopo prima durante secondo verso
        qui là ora adesso poi infine oggi ieri domani anche inoltre così quindi tuttavia tutto tutti ogni alcuni molti
        nessuno niente non sì no grazie è sono era ha hanno c'è si
        """,
    "pt": """
        o a os as um uma uns umas ele ela eles elas nós você vocês eu tu este esta isto esse essa isso aquele meu
        minha seu sua nosso nossa e ou mas porém se quando como porque embora enquanto que quem onde qual em no na
        nos nas com sem por pelo pela para de do da dos das ao à após antes desde durante entre segundo sobre aqui
        ali agora depois então hoje ontem amanhã também além assim todo todos toda todas cada alguns muitos ninguém
        nada não sim obrigado é são era foi está há
        """,
    "nl": """
        de het een hij zij ze wij we jij je u ik dit dat deze die mijn jouw zijn haar ons onze hun en of maar want
        dus als toen omdat hoewel terwijl wie wat waar wanneer waarom hoe welke in op aan bij met na naar van voor
        door over onder tussen sinds volgens hier daar nu dan daarna vandaag gisteren morgen ook nog niet geen alle
        alles veel sommige niemand niets er is was heeft had kan ja nee
        """,
    "da": """
        den det de en et han hun vi i du jeg man dette disse min din sin hans hendes vores deres og eller men for så
        hvis når da fordi selvom mens hvem hvad hvor hvornår hvorfor hvordan hvilken i på ved med efter fra til om
        under over mellem siden ifølge her der nu derefter så dag også ikke ingen alle alt mange nogle er var har
        havde kan skal vil ja nej
        """,
    "sv": """
        den det de en ett han hon vi ni du jag man detta dessa min din sin hans hennes vår deras och eller men för så
        om när då eftersom medan vem vad var varför hur vilken i på vid med efter från till under över mellan sedan
        enligt här där nu också inte ingen alla allt många några är har hade kan ska ja nej
        """,
    "no": """
        den det de en et han hun vi dere du jeg man dette disse min din sin hans hennes vår deres og eller men for så
        hvis når da fordi mens hvem hva hvor når hvorfor hvordan i på ved med etter fra til om under over mellom her
        der nå også ikke ingen alle alt mange noen er var har hadde kan skal vil ja nei
        """,
    "fi": """
        se ne hän he me te minä sinä tämä nämä tuo joka mikä kuka mitä miksi miten missä milloin ja tai mutta vaan
        sillä koska jos kun vaikka niin myös nyt sitten täällä siellä tänään eilen huomenna kaikki moni ei en on oli
        ovat olivat kyllä
        """,
    "pl": """
        ten ta to ci te on ona ono oni one my wy ja ty mój moja twój jego jej ich nasz i a oraz lub albo ale lecz
        jednak więc bo ponieważ gdy kiedy jeśli jeżeli chociaż że kto co gdzie dlaczego jak który która które w we na
        z ze do od po przed przez dla bez o u nad pod między według tu tam teraz potem następnie dziś wczoraj jutro
        także też nie tak wszystko wszyscy każdy wielu nikt nic jest są był była było
        """,
    "cs": """
        ten ta to ti ty on ona ono oni my vy já můj její jeho jejich náš a i nebo ale však protože když jestli pokud
        ačkoli že kdo co kde proč jak který která které v ve na z ze do od po před přes pro bez o u nad pod mezi podle
        tady tam teď potom pak dnes včera zítra také ne ano všechno všichni každý mnoho nikdo nic je jsou byl byla
        """,
    "sk": """
        ten tá to tí on ona ono oni my vy ja môj jej jeho ich náš a aj alebo ale však pretože keď ak hoci že kto čo
        kde prečo ako ktorý ktorá ktoré v vo na z zo do od po pred cez pre bez o u nad pod medzi podľa tu tam teraz
        potom dnes včera zajtra tiež nie áno všetko všetci každý veľa nikto nič je sú bol bola bolo
        """,
    "ru": """
        он она оно они мы вы я ты это этот эта эти тот та те мой моя его её ее их наш ваш свой и а но или однако
        зато если когда хотя потому поэтому чтобы что кто где куда почему как какой какая который в во на с со к ко
        из от до по о об при для без у над под между через после перед согласно здесь там тут теперь сейчас потом
        затем сегодня вчера завтра также тоже не нет да все всё каждый многие некоторые никто ничего так там был была
        было были есть
        """,
    "uk": """
        він вона воно вони ми ви я ти це цей ця ці той та ті мій його її їх наш ваш і й а але або проте якщо коли
        хоча тому що хто де куди чому як який яка у в на з зі із до від по про при для без над під між через після
        перед тут там тепер зараз потім сьогодні вчора завтра також не ні так усі все кожен багато ніхто нічого був
        була було були є
        """,
    "bg": """
        той тя то те ние вие аз ти това този тази тези онзи мой неговият неговата нейният техният и а но или обаче
        ако когато макар защото затова че кой кое каква какво къде защо как който в във на с със към из от до по за
        при без у над под между през след преди според тук там сега после днес вчера утре също не няма да всички
        всеки много някои никой нищо е са беше бяха
        """,
    "el": """
        ο η το οι τα του της των τον την ένας μια ένα αυτός αυτή αυτό αυτοί εγώ εσύ εμείς εσείς και ή αλλά όμως αν
        όταν επειδή γιατί που ποιος τι πού πώς πότε σε στο στη στην στον στις στα με από για προς κατά μετά πριν
        χωρίς εδώ εκεί τώρα σήμερα χθες αύριο επίσης δεν όχι ναι όλα όλοι κάθε πολλοί κανείς τίποτα είναι ήταν έχει
        """,
    "kk": "ол бұл мен сен біз сіз олар осы сол және бірақ немесе егер сондықтан не кім қайда неге қалай",
    "tr": """
        bu şu o biz siz ben sen onlar bir ve ama fakat ancak çünkü eğer ne kim nerede neden nasıl hangi burada orada
        şimdi sonra bugün dün yarın ayrıca hayır evet herkes her bazı hiç
        """,
    "hu": "a az ez egy ő mi ti én te ők és de vagy ha mert hogy ki mit hol miért hogyan itt ott most ma nem igen",
    "ro": "el ea ei ele noi voi eu tu acest această un o și sau dar dacă când pentru că cine ce unde de în la nu da",
}
