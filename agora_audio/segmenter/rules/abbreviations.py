"""Words whose full stop may be no end of a sentence, in six classes per language.

=========  =============================================================  ======================
class      what it is                                                     ends a sentence
=========  =============================================================  ======================
``title``  stands before a name: Dr., Mt., General                        never
``inner``  introduces what follows: e.g., approx., z. B.                  never
``number`` stands before a number: No., p., Fig.; else an ordinary word   if no number follows
``either`` may carry on or close: Inc., U.S., Jan.                        if a starter follows
``closer`` closes a list, a name or a measure: etc., Ph.D., kg            if a capital follows
``time``   follows a figure, closing a time: a.m., B.C., г.               if a capital follows, but a
                                                                          starter if it is fronted
=========  =============================================================  ======================

Written without the last full stop and without spaces: ``z.b`` stands for "z.B." and "z. B.". An entry with a capital
counts only with that capital ("Wash." but not "wash."), one of small letters with any, but for single letters, which
must match. A language without an entry of its own has those of English, and every language has `INTERNATIONAL`.
"""

from __future__ import annotations

__all__ = ["ABBREVIATIONS", "CLASSES", "INTERNATIONAL"]

CLASSES = ("title", "inner", "number", "either", "closer", "time")

_MONTHS_EN = "jan feb Mar apr jun jul aug sep sept oct nov dec Mon tue tues wed thu thur thurs fri Sat Sun"

# Names, firms and initialisms as they turn up in the text of any language with Latin letters.
INTERNATIONAL = {
    "title": "mr mrs ms mx messrs mme dr prof st mt ft",
    "inner": "e.g i.e vs cf ca approx",
    "either": "al inc ltd co corp llc plc bros jr sr u.s u.s.a u.k e.u u.n d.c u.s.s.r gmbh",
    "closer": "etc ph.d m.d b.a m.a b.sc m.sc m.b.a d.phil d.d.s ll.b ll.m r.n",
    "time": "a.m p.m b.c a.d b.c.e c.e",
}

ABBREVIATIONS = {
    "en": {
        "title": """
            mr mrs ms mx messrs mmes dr drs prof profs st ste mt mts Thos Chas Wm Jas rev revd hon pres gov sen rep reps
            sens capt cpt
            cmdr cdr col gen lt lieut maj sgt adm cpl pvt supt insp det atty asst assoc fr br pte rt msgr amb det
              ald gens maj.gen lt.col
            """,
        "inner": """
            e.g i.e eg ie viz vs v cf ca approx resp c incl excl esp aka a.k.a orig ed eds trans repr ibid op
            opt misc p.s n.b
            """,
        "number": """
            no nos nr n° nº num p pp para paras fig figs eq eqs vol vols ch chap chs sec secs sect art
            arts app ex exs
            ref refs pt pts v ver vers tab item max pl pg cl rs tel ext
            """,
        "either": f"""
            inc ltd co cos corp llc llp plc bros jr sr esq u.s u.s.a u.k e.u u.n d.c u.s.s.r
            est dept dist univ assn ave blvd rd hwy pkwy bldg ct apt {_MONTHS_EN} govt natl intl mfg gmbh al
            med admin agcy appt educ elev equip geog geom hist maint mfr mgr mgt mktg subj suppl synon
            vocab assn dir exec
            Ala Ariz Ark Calif Colo Conn Del Fla Ga Ia Id Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo
            Mont n.c n.d n.h
            n.j n.m n.y Nev Okla Ore Pa r.i s.c s.d Tenn Tex Va Vt w.va Wash Wis Wyo Alta Ont Que n.z n.b
            """,
        "closer": """
            etc ph.d phd m.d b.a m.a b.sc m.sc m.b.a mba d.phil d.d.s d.v.m ll.b ll.m r.n m.p r.i.p q.e.d et.al
            tbsp tbsps tsp tsps fl oz lb lbs ft in yd yds mi mph km kg mg mm cm hr hrs min mins gal qt pkg pkgs
            sq cu doz dz kcal wt ht temp avg
            """,
        "time": "a.m p.m am pm b.c a.d b.c.e c.e bc ad",
    },
    "de": {
        "title": """
            dr prof hr fr fa frl hrn dipl ing mag st dipl.-ing med phil jur rer nat theol hl kath evang ev gebr kgl
            habil univ.-prof priv.-doz
            """,
        "inner": """
            z.b z.t z.zt z.z u.a i.d.r d.h i.e u.u v.a s.u bzw ca evtl ggf inkl exkl zzgl vgl sog bspw gem
            lt insb insbes max min mind rd allg eigtl urspr etw ungef ders betr bes bzgl hrsg geb gest verh
            univ a.d i.a i.v u.zw einschl abzgl entspr christl dt engl frz österr amtl wiss techn ehem z.hd s a.o
            """,
        "number": """
            nr nrn s bd bde abs abb art kap abschn anm ziff tab tel str § par hs aufl jg vers bl
            h pos
            """,
        "either": """
            v.chr n.chr str mio mrd tsd jh jhs jhd jhdt jan feb mär apr jun jul aug sep sept okt nov dez
            Mo Di Mi Do Sa inc co kg ag ltd corp u.s u.s.a sr jr e.v vs tgl
            """,
        "closer": "usw etc usf u.s.w u.v.m u.ä o.ä o.a u.v.a dgl u.dgl m.a b.a m.sc b.sc ph.d std sek",
    },
    "fr": {
        "title": "M MM mme mmes mlle mlles me dr pr prof st ste mgr gén col cap lt cdt sgt veuve",
        "inner": "univ c.-à-d c.à.d p.ex ex cf env av vs éd adj adv syn p.-ê fém masc litt anc",
        "number": "n n° nº no nos p pp art chap fig vol t tome réf tél al § ch l",
        "either": """
            j.-c av.j.-c ap.j.-c janv févr fév avr juil sept oct nov déc boul bd inc ltd co cie s.a s.a.r.l u.s
            u.s.a jr lun mar mer jeu ven sam dim ll.aa.ii.rr
            """,
        "closer": "etc min sec km kg h",
    },
    "es": {
        "title": """
            sr sra srta sres sras dr dra dres d dª dn dña da don prof profa ing lic arq gral cnel cap
            tte sto sta san
            fr mons ldo lda admón hno hna excmo excma ilmo ilma
            """,
        "inner": """
            univ p.ej ej aprox cf vs gob c.c máx mín ca v a.k.a i.e e.g incl trad ed coord dir depto
            dpto av avda c/
            """,
        "number": """
            núm nº n.º n° no nro pág págs p pp art arts cap caps fig figs vol vols t tel tfno
            apdo km ref
            """,
        "either": """
            ee.uu ee.uu.aa a.c d.c a.m p.m s.a s.l s.a.s c.v ltda cía cia inc corp co u.s u.s.a jr ud uds vd vds
            ene feb mar abr may jun jul ago sep sept set oct nov dic lun mié jue vie sáb dom s.s n.y
            """,
        "closer": "etc min seg hrs kg cm km m.a b.a ph.d máster",
        "time": "a.m p.m",
    },
    "it": {
        "title": """
            sig sig.ra sigg sig.na sigra dott dott.ssa psicol dr dr.ssa prof prof.ssa ing avv arch geom
            rag on mons don p.i
            cav comm gen col cap ten magg s ss spett egr gent dir amm pres sen preg
            """,
        "inner": """
            es p.es ad.es cfr ca circa c.a vs es.: max min i.e e.g n.b all cit trad ed cd c.d
            econ az
            """,
        "number": "n nn nr num pag pagg p pp art artt cap capp fig figg vol voll t tel tab par rif sez",
        "either": """
            a.c d.c s.p.a spa s.r.l srl s.n.c inc co corp ltd u.s u.s.a jr feb mar apr mag giu lug ago set sett
            ott nov dic lun mer gio ven sab dom v.le p.zza c.so
            """,
        "closer": "ecc etc sec kg km m.a ph.d",
    },
    "pt": {
        "title": """
            sr sra srs sras srta dr dra drs dras prof profa profs eng engª arq d dom dona exmo exma ilmo
            ilma sto sta
            pe fr gen cel cap ten maj sgt des v.ex v.exa v.sa
            """,
        "inner": "p.ex ex aprox cf vs máx mín ca v i.e e.g obs incl trad ed org coord dir depto dep",
        "number": "nº n° n.º núm no pág págs p pp art arts cap caps fig figs vol vols t tel km ref",
        "either": """
            a.c d.c s.a ltda cia lda inc corp co ltd u.s u.s.a e.u.a eua jr av r pça al jan fev mar abr mai jun jul
            ago set out nov dez seg ter qua qui sex sáb dom
            """,
        "closer": "etc min seg kg cm m.a ph.d",
    },
    "nl": {
        "title": "dhr mevr mw mej dr drs prof ir ing mr st burg ds jhr bc lic pater",
        "inner": """
            bijv b.v bv d.w.z dwz o.a m.a.w i.p.v i.v.m m.b.t n.a.v t.o.v t.a.v t.b.v a.h.w a.u.b ca circa evt incl
            excl vgl resp zgn max min i.e e.g vs ong aanw vnw bnw znw ww zn nl m.i i.d.d z.g.n d.m.v t.w o.l.v
            """,
        "number": "nr nrs blz p pp art fig hfdst hst dl afb tel par vol bl jrg",
        "either": """
            n.v v.chr n.chr jan feb mrt apr jun jul aug sep sept okt nov dec ma di wo do vr za zo str inc co ltd
            u.s u.s.a jr sr a.d b.c
            """,
        "closer": "enz etc e.d m.m ed e.v min sec kg cm a.g",
    },
    "da": {
        "title": "hr fr frk dr prof st skt pastor ing cand mag stud dir fhv adj lekt gen kapt",
        "inner": """
            f.eks eks bl.a d.v.s dvs ca o.l.l mht m.h.t i.e e.g incl inkl ekskl evt jf if pga p.g.a
            s.u spec vedr iflg ang alm bemærk bl f.x
            """,
        "number": "nr nrs s side kap fig tlf art bd afs stk par pkt § no p pp",
        "either": """
            f.kr e.kr jan feb mar apr jun jul aug sep sept okt nov dec man tirs ons tors fre lør søn mio mia md kl
            a/s aps co inc ltd u.s u.s.a e.u jr gl
            """,
        "closer": "osv m.v mv m.m m.fl o.s.v etc o.lign kr min sek kg cm ph.d b.a m.a",
    },
    "sv": {
        "title": "hr fr dr prof st s:t fil med tekn ing kapt",
        "inner": """
            t.ex bl.a d.v.s dvs ca fr.o.m t.o.m s.k p.g.a m.a.o i.e e.g inkl exkl ev jfr obs enl
            resp ang
            """,
        "number": "nr s kap fig tel art bd sid p pp",
        "either": """
            f.kr e.kr jan feb mar apr jun jul aug sep sept okt nov dec kl milj mdr inc co ltd
            u.s jr
            """,
        "closer": "osv m.m m.fl o.s.v o.d etc kr min sek kg cm",
    },
    "no": {
        "title": "hr fr dr prof st",
        "inner": """
            f.eks bl.a d.v.s dvs ca pga p.g.a m.a.o i.e e.g inkl ekskl ev jf jfr mht m.h.t vedr
            ang iflg
            """,
        "number": "nr s kap fig tlf art bd p pp",
        "either": """
            f.kr e.kr jan feb mar apr jun jul aug sep sept okt nov des kl mill mrd inc co ltd
            u.s jr
            """,
        "closer": "osv m.m m.fl o.l m.v o.s.v etc kr min sek kg cm",
    },
    "fi": {
        "title": "hra rva nti tri prof dos fil maist toht ins ent",
        "inner": """
            esim ts eli mm ns nk nyk ko em noin n ks vrt engl ruots suom saks lat lyh huom vast
            synt vars ent
            """,
        "number": "nro n:o s ss kpl luku kuva puh mom §",
        "either": "eaa jaa e.kr j.kr klo v vv tammi helmi milj mrd t.s oy ab inc co ltd",
        "closer": "jne ym yms tms jms etc min sek kg cm eur",
    },
    "pl": {
        "title": """
            dr prof mgr inż doc hab red ks św bp abp kard gen płk ppłk mjr kpt por ppor sierż p pp o ob im lek adw
            mec dyr
            """,
        "inner": """
            np tzn tj tzw m.in ok ew ewent zob wg gł łac ang niem fr ros wł hiszp bałt pol jw dot ds wz
            śp pn płd wsch zach śr ul al pl os woj pow gm nt dosł pot pog przen zwł
            """,
        "number": "nr s str t tom rozdz rys art ust pkt poz tel godz g par zał wyd",
        "either": """
            r w n.e p.n.e tys mln mld st sp z.o.o s.a stycz luty lut mar kwi maj cze lip sie wrz
            paź lis gru
            """,
        "closer": "itd itp i.in in etc zł gr min sek kg cm km m",
    },
    "cs": {
        "title": "p pí sl dr prof doc ing mgr bc mudr judr phdr rndr sv gen plk kpt st csc",
        "inner": "např tj tzv tzn resp cca ca popř příp mj zejm vč č.p srov viz ang něm lat fr aj m.j",
        "number": "č čís s str obr kap odst tel roč tab par",
        "either": """
            n.l př.n.l př.kr po.kr r stol tis mil mld s.r.o a.s hod ul nám led úno bře dub kvě
            čvn čvc srp zář
            """,
        "closer": "atd apod aj etc kč min sek kg cm",
    },
    "sk": {
        "title": "p pí sl dr prof doc ing mgr bc mudr judr phdr rndr sv gen plk kpt arch",
        "inner": "napr tj t.j tzv tzn resp cca ca popr príp mj najmä vr srov porov ang nem lat m.j tzn",
        "number": "č čís s str obr kap ods tel roč tab par",
        "either": "n.l pr.n.l pr.kr po.kr r stor tis mil mld s.r.o a.s spol hod ul nám k.s v.o.s",
        "closer": "atď atd apod a.i etc min sek kg cm",
    },
    "ru": {
        "title": """
            г-н г-жа гр проф акад доц канд д-р св им ген полк кап лейт ред инж тов гос пл ул пр просп пер наб бул
            пос дер обл р-н респ
            """,
        "inner": """
            т.е т.к т.н т.о напр см ср ок прим т.наз соотв англ нем фр лат греч итал исп рус
            букв яз мн ед см.тж
            """,
        "number": "№ стр с рис табл гл п пп ст т тт кн изд вып тел корп кв д оф разд ч абз",
        "either": "в янв фев февр апр авг сен сент окт нояб ноя дек пн вт чт пт м",
        "time": "г",
        "closer": """
            гг вв н.э до.н.э тыс млн млрд трлн долл т.д т.п др пр руб коп мин сек час кг см мм
            км кв.м куб.м шт экз чел
            """,
    },
    "uk": {
        "title": """
            п пан проф акад доц канд д-р св ім ген полк ред інж тов м о вул просп пров наб бул пл с смт обл р-н гр
            """,
        "inner": """
            т.е тобто напр див пор бл прибл т.зв т.ч англ нім фр лат грец укр рос зокр вид зб
            упоряд пер
            """,
        "number": "№ стор с рис табл гл п пп ст т тт кн вип тел корп кв буд оф розд ч",
        "time": "р",
        "either": "січ лют бер квіт трав черв лип серп вер жовт лист груд",
        "closer": "рр н.е до.н.е тис млн млрд т.д т.п ін грн коп хв сек год кг кб мб гб см мм км шт",
    },
    "bg": {
        "title": "г-н г-жа г-ца проф акад доц д-р инж св ген полк кап ул бул пл ж.к обл общ арх",
        "inner": "напр вж вкл срв ок т.е т.нар т.н англ нем фр лат гр бълг рус прибл респ",
        "number": "№ стр с фиг табл гл чл ал т тел бл вх ет ап кн изд",
        "either": "г гг в н.е пр.н.е т.г м.г хил млн млрд яну фев апр юни юли авг септ окт ное дек",
        "closer": "др лв ст мин сек ч кг см мм км м",
    },
    "el": {
        "title": "κ κα κος κκ δρ καθ αγ στρ σία δις πρ",
        "inner": "π.χ δηλ βλ πρβλ λ.χ μτφρ επιμ τ.ε",
        "number": "αρ σελ σ κεφ εικ τ τομ άρ παρ τηλ",
        "either": """
             μ.χ π.χρ μ.μ π.μ α.ε ε.π.ε η.π.α ιαν φεβ μαρ απρ ιουν ιουλ αυγ σεπ οκτ νοε δεκ χιλ
            εκ δισ
            """,
        "closer": "κ.λπ κλπ κ.ά κ.α κ.ο.κ κτλ λεπ χλμ",
    },
    "kk": {
        "title": "проф акад",
        "inner": "мыс т.с.с т.б",
        "number": "№ б бет",
        "either": "б.з.б б.з ж жж ғ ғғ млн млрд мың т.б",
        "closer": "т.т т.с.с т.б тг",
    },
    "hy": {"inner": "օր տես", "number": "էջ", "either": "թ դ մ.թ.ա"},
    "am": {"title": "ዶ/ር ፕ/ር", "inner": "ምሳ"},
    "ar": {
        "title": "د أ الأستاذ أ.د السيد",
        "inner": "مثلا راجع",
        "number": "ص ج رقم ط هاتف",
        "either": "ش.م.م",
        "time": "ق.م م هـ",
        "closer": "إلخ الخ",
    },
    "fa": {"title": "د دکتر آ", "inner": "ر.ک نک", "number": "ص ج ش", "time": "ق.م م ه.ش ه.ق", "closer": "غیره"},
    "ur": {"title": "ڈاکٹر پروفیسر", "number": "ص ج", "either": "ق.م ء"},
    "he": {"title": 'ד"ר פרופ עו"ד גב', "number": "עמ מס", "either": 'לפנה"ס', "closer": "וכו"},
    "hi": {
        "title": """
            ए बी सी डी एफ जी एच आई जे एल एम एन ओ पी क्यू आर एस टी यू वी डब्ल्यू एक्स वाई डॉ डा
            श्री श्रीमती प्रो पं कु मो स्व ले कर्नल जन इंजी एडवो
            """,
        "inner": "उदा जैसे अर्थात",
        "number": "सं पृ क्र नं भाग",
        "either": "ई.पू ई बी.ए एम.ए भा.ज.पा रु लि कं",
        "closer": "आदि इत्यादि मी किमी किग्रा",
    },
    "mr": {
        "title": """
            ए बी सी डी एफ जी एच आय जे एल एम एन ओ पी आर एस टी यू व्ही डॉ श्री श्रीमती सौ कु प्रा
            प्रो पं स्व ॲड इंजि रा
            """,
        "inner": "उदा म्हणजे",
        "number": "क्र पृ नं",
        "either": "इ.स इ.स.पू ई.स रु लि कं",
        "closer": "इ वगैरे किमी",
    },
    "ml": {"title": "ഡോ പ്രൊ ശ്രീ ശ്രീമതി അഡ്വ", "inner": "ഉദാ", "number": "നം പേ", "either": "ക്രി.മു ക്രി.പി"},
    "ta": {"title": "டாக்டர் திரு திருமதி", "number": "எண்", "either": "கி.மு கி.பி"},
    "bn": {"title": "ড ডা মো প্রফেসর", "number": "নং পৃ", "either": "খ্রি"},
    "gu": {"title": "ડૉ ડો શ્રી શ્રીમતી પ્રો", "number": "નં"},
    "te": {"title": "డా శ్రీ శ్రీమతి ప్రొ", "number": "నం", "either": "క్రీ.పూ క్రీ.శ"},
    "kn": {"title": "ಡಾ ಶ್ರೀ ಶ್ರೀಮತಿ ಪ್ರೊ", "number": "ಸಂ", "either": "ಕ್ರಿ.ಪೂ ಕ್ರಿ.ಶ"},
    "pa": {"title": "ਡਾ ਸ੍ਰੀ ਪ੍ਰੋ ਸ", "number": "ਨੰ"},
    "my": {"title": "ဒေါက်တာ ဦး"},
    "th": {
        "title": "ดร ศ รศ ผศ นพ พญ พล.อ พ.ต.ท",
        "inner": "เช่น",
        "number": "เลขที่ โทร ถ ต อ จ",
        "either": "พ.ศ ค.ศ น ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค บ กก กม ซม ชม",
    },
    "ko": {"title": "dr mr ms", "inner": "예", "number": "no p", "either": "inc co ltd"},
    "ja": {"title": "mr ms mrs dr", "number": "no p vol fig", "either": "inc co ltd"},
    "zh": {"title": "mr ms mrs dr prof", "number": "no p vol fig", "either": "inc co ltd u.s jr"},
    "tr": {
        "title": "dr prof doç yrd av müh sn bn bay uzm op gen alb yzb hz st",
        "inner": "örn bkz krş yak yani çev haz",
        "number": "no s sf cilt böl şek md tel",
        "either": "m.ö m.s a.ş ltd şti cad sok mah apt t.c oca şub mar nis may haz tem ağu eyl eki kas ara",
        "closer": "vb vs vd dk sa kg cm",
    },
    "hu": {
        "title": "dr prof id ifj özv szt",
        "inner": "pl ill kb ún vö ld ti",
        "number": "sz old fej tel",
        "either": "kft bt zrt nyrt i.e i.sz u.s jan febr márc ápr máj jún júl aug szept okt nov dec",
        "closer": "stb",
    },
    "ro": {
        "title": "dl d-na d-l dna dr prof ing sf gen col",
        "inner": "ex de.ex cca aprox",
        "number": "nr pag art cap fig vol tel alin",
        "either": "î.hr d.hr s.a s.r.l ian feb mar apr mai iun iul aug sep oct nov dec",
        "closer": "etc ș.a",
    },
}
