"""Sentences about invented lives, in English and Chinese, with the names in them, and questions that they answer.

A toy: the sentences are drawn from templates. No template and no name of a held-out text is in a text to learn from.
"""

import re

KINDS = ["PER", "LOC", "ORG", "DATE"]
LABELS = ["O", *(f"{b}-{kind}" for kind in KINDS for b in "BI")]

FIRST = """Ada Alan Alice Anna Arthur Barbara Carl Charles Claude Clara David Dorothy Edith Edward Emma Emily Frances Frank
George Grace Harold Helen Henry Hugo Irene Isaac Jack James Jane John Joseph Julia Karl Kate Laura Leo Louise Lucy
Margaret Maria Martin Mary Max Nora Oliver Oscar Paul Peter Philip Rachel Ralph Richard Robert Rosa Ruth Samuel Sarah
Simon Sophie Stephen Susan Thomas Victor Walter William""".split()
LAST = """Adams Allen Bailey Baker Barnes Bell Bennett Brooks Brown Burke Carter Chapman Clarke Cole Collins Cooper Cox
Cross Davies Dixon Edwards Elliott Evans Fisher Fletcher Ford Foster Fox Gibson Gordon Graham Grant Gray Green Griffin
Hamilton Harper Harris Hart Hayes Hill Holmes Hudson Hughes Hunt Jackson Jenkins Johnson Jones Kelly Kennedy King Knight
Lane Lawrence Lewis Lloyd Marsh Marshall Mason Miller Mitchell Moore Morgan Morris Murphy Murray Nelson Newman Owen Palmer
Parker Pearson Perry Porter Powell Price Reed Reynolds Roberts Robinson Rogers Russell Sanders Scott Shaw Simpson Smith
Spencer Stewart Stone Taylor Turner Walker Walsh Ward Watson Webb Wells West White Wilson Wood Wright Young""".split()
PLACES = """Amsterdam Athens Austria Baltimore Barcelona Belgium Berlin Birmingham Bombay Boston Brazil Bristol Budapest
Cairo Cambridge Canada Chicago Chile China Cleveland Copenhagen Denmark Denver Detroit Dublin Edinburgh Egypt Finland
Florence France Geneva Germany Glasgow Greece Hamburg Havana Houston Hungary India Ireland Istanbul Italy Jamaica Japan
Jerusalem Kansas Kenya Kent Leeds Lisbon Liverpool London Madrid Manchester Melbourne Mexico Milan Montreal Moscow Munich
Naples Norway Oslo Oxford Paris Philadelphia Poland Portugal Prague Rome Scotland Seattle Singapore Spain Stockholm
Sweden Switzerland Sydney Tokyo Toronto Turkey Venice Vienna Wales Warsaw Yorkshire""".split()
ORGS = """the University of {}|{} University|{} College|the {} Institute|the {} Museum|the Bank of {}|the {} Society|the {} Academy|
the {} Company|{} Hospital|the {} Press|the {} Observatory|the {} Railway|the {} Library|the Royal {} Theatre|{} Council"""
MONTHS = "January February March April May June July August September October November December".split()
SURNAMES = "王李张刘陈杨赵黄周吴徐孙朱马胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾田董袁潘蒋蔡余杜叶程苏魏吕丁沈任姚卢傅钟姜崔谭陆汪范金石廖贾夏韦方白邹孟熊秦江尹薛雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴孔向汤"
GIVEN = "明华文国建平志伟军海波云龙飞雪梅兰芳玉英春秋月晓红丽静雅清远山川林森石磊光辉安宁康乐天宇新民德仁义礼智信思源子文若水怀古长风一鸣景行"
CITIES = "北京 上海 广州 南京 武汉 西安 成都 天津 重庆 长沙 昆明 洛阳 开封 太原 苏州 扬州 徐州 福州 泉州 桂林 大理 兰州 西宁 南昌 济南 青岛 大连 合肥 贵阳 海口 江西 湖南 湖北 河南 河北 山东 山西 云南 四川 东京 巴黎 长春 无锡 常州 温州 金华 九江 岳阳 襄阳 荆州".split()
HOUSES = "{}大学 {}学院 {}图书馆 {}研究所 {}医院 {}银行 {}公司 {}天文台 {}出版社 {}书院 {}博物馆 {}铁路局".split()
DIGITS = "零一二三四五六七八九"
BEGINS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh st t th tr v w z".split()
MIDDLES = "a e i o u ai ee ia oo ou al an ar el en er il in on or ul un".split()
ENDS = "by ck d field ford ham ie land ley ly m n ney r s son stead t ton ville w wick x y".split()

# What a person did, and a question that it answers, with the slot that the answer stands in.
ENGLISH = """{PER} was born in {LOC}|Where was {PER} born?|LOC
{PER} was born on {DATE}|When was {PER} born?|DATE
{PER} studied at {ORG}|Where did {PER} study?|ORG
{PER} was a student at {ORG}|Where was {PER} a student?|ORG
{PER} worked for {ORG}|Who did {PER} work for?|ORG
{PER} taught music at {ORG}|Where did {PER} teach?|ORG
{PER} moved to {LOC}|Where did {PER} move?|LOC
{PER} lived in {LOC}|Where did {PER} live?|LOC
{PER} lived in a small house in {LOC}|Where did {PER} live?|LOC
{PER} travelled to {LOC}|Where did {PER} travel?|LOC
{PER} married {PER2}|Who did {PER} marry?|PER2
{PER} met {PER2}|Who did {PER} meet?|PER2
{PER} wrote a letter to {PER2}|Who did {PER} write to?|PER2
{PER} was a friend of {PER2}|Who was a friend of {PER}?|PER2
{PER} joined {ORG} on {DATE}|When did {PER} join?|DATE
{PER} left {ORG} on {DATE}|When did {PER} leave?|DATE
{PER} went to {LOC} in {YEAR}|When did {PER} go to {LOC}?|YEAR
{PER} was famous in {YEAR}|When was {PER} famous?|YEAR
{PER} opened a school in {LOC}|Where did {PER} open a school?|LOC
{PER} bought a farm near {LOC}|Where did {PER} buy a farm?|LOC
{PER} was the head of {ORG}|What was {PER} the head of?|ORG
{PER} gave all the books to {ORG}|Who did {PER} give the books to?|ORG
{PER} died in {LOC}|Where did {PER} die?|LOC
{PER} died on {DATE}|When did {PER} die?|DATE
{PER} retired on {DATE}|When did {PER} retire?|DATE
{PER} {V1} {PER2}|Who was it that {PER} {V1}?|PER2
{PER} {V1} the {N1} of {PER2}|Whose {N1} was it that {PER} {V1}?|PER2
{PER} {V1} the {N1} with {PER2}|Who was with {PER}?|PER2
the {N1} that {PER} {V1} was that of {PER2}|Whose {N1} was it?|PER2
{PER} {V1} the {A} {N1} in {LOC}|Where was the {N1} that {PER} {V1}?|LOC
{PER} {V1} the {N1} near {LOC}|Where was it that {PER} {V1} the {N1}?|LOC
the {N1} was {V1} when {PER} was in {LOC}|Where was {PER} when the {N1} was {V1}?|LOC
in {LOC} {PER} {V1} a {A} {N1}|Where was it that {PER} {V1} a {N1}?|LOC
{PER} {V1} a {N1} of {ORG}|What was it that {PER} {V1} a {N1} of?|ORG
{PER} {V1} the {N1} at {ORG}|Where was it that {PER} {V1} the {N1}?|ORG
{ORG} {V1} {PER} for the {N1}|Who {V1} {PER}?|ORG
the {A} {N1} of {PER} was {V1} by {ORG}|Who {V1} the {N1} of {PER}?|ORG
{PER} {V1} the {N1} on {DATE}|When was it that {PER} {V1} the {N1}?|DATE
on {DATE} {PER} {V1} a {N1}|When was the {N1} of {PER} {V1}?|DATE
{PER} {V1} it in {YEAR}|When was it that {PER} {V1} it?|YEAR
the {N1} of {PER} was {V1} in {YEAR}|When was the {N1} of {PER} {V1}?|YEAR""".split("\n")
ENGLISH_HELD = """{PER} grew up in {LOC}|Where did {PER} grow up?|LOC
{PER} spent the summer in {LOC}|Where did {PER} spend the summer?|LOC
{PER} became a member of {ORG}|What did {PER} become a member of?|ORG
{PER} was hired by {ORG}|Who was {PER} hired by?|ORG
{PER} fell in love with {PER2}|Who did {PER} fall in love with?|PER2
{PER} had dinner with {PER2}|Who did {PER} have dinner with?|PER2
{PER} came home on {DATE}|When did {PER} come home?|DATE
{PER} finished the book in {YEAR}|When did {PER} finish the book?|YEAR""".split("\n")
CHINESE = """{PER}生于{LOC}|{PER}生于何处？|LOC
{PER}生于{DATE}|{PER}生于何时？|DATE
{PER}在{ORG}读书|{PER}在何处读书？|ORG
{PER}在{ORG}工作|{PER}在何处工作？|ORG
{PER}住在{LOC}|{PER}住在何处？|LOC
{PER}去了{LOC}|{PER}去了何处？|LOC
{PER}是{PER2}的朋友|{PER}是何人的朋友？|PER2
{PER}写信给{PER2}|{PER}写信给何人？|PER2
{PER}是{PER2}的老师|{PER}是何人的老师？|PER2
{PER}于{DATE}去世|{PER}于何时去世？|DATE
{PER}于{DATE}来到{LOC}|{PER}于何时来到{LOC}？|DATE
{PER}于{DATE}进入{ORG}|{PER}于何时进入{ORG}？|DATE
{PER}的家在{LOC}|{PER}的家在何处？|LOC
{PER}死于{LOC}|{PER}死于何处？|LOC
{PER}{C1}{C2}{PER2}|{PER}{C1}{C2}何人？|PER2
{PER}{C1}了{PER2}|{PER}{C1}了何人？|PER2
{PER}与{PER2}{C1}{C2}|{PER}与何人{C1}{C2}？|PER2
{PER}在{LOC}{C1}{C2}|{PER}在何处{C1}{C2}？|LOC
{PER}{C1}于{LOC}|{PER}{C1}于何处？|LOC
{PER}在{ORG}{C1}{C2}|{PER}在何处{C1}{C2}？|ORG
{PER}于{DATE}{C1}{C2}|{PER}于何时{C1}{C2}？|DATE""".split("\n")
CHINESE_HELD = """{PER}长于{LOC}|{PER}长于何处？|LOC
{PER}在{ORG}任教|{PER}在何处任教？|ORG
{PER}拜访了{PER2}|{PER}拜访了何人？|PER2
{PER}于{DATE}回乡|{PER}于何时回乡？|DATE""".split("\n")
# Of what else sentences speak: names are told by what stands around them only if that is manifold.
VERBS = """admired asked blamed built called carried caught chased cleaned copied counted crossed described discovered drew
drove fed feared filled followed forgot found helped hid hunted invited kept knew led liked lost loved missed noticed ordered
painted paid praised printed promised pulled pushed reached read remembered repaired sang saved saw sent served shook sold
stole stopped thanked threw told touched trusted used visited waited walked wanted warned watched won""".split()
NOUNS = """apple army bag ball band bell bird boat book bottle bread bridge brother bus business car castle cat chair child
church clock coat concert cow daughter desk dog door dream engine family father field film fire fish flag flower friend game
garden gate girl glass gold guest hat horse hour husband idea island job king lamp law letter light lunch machine map market
meal milk money mother mountain news night office paper party picture plan play police poem price prize queen question rain
river road rock room school sea shop sister soldier son song station storm story street sun table teacher team tea tower town
train tree uncle village voice wall war water week wife window winter woman word world year""".split()
ADJECTIVES = """angry bad beautiful big black blue bright broken brown clean clever cold dark dead deep dry early empty
famous fast fine first free full funny good green happy hard heavy high hot kind large last late little long lost lonely loud
narrow new next old open other poor quiet red rich round sad second secret short sick simple slow small soft strange strong
sweet tall thin tired warm weak wet white whole wild wise wooden young""".split()
PLAIN = """{PER} and the {N} {V} a {A} {N}|the {A} {N} {V} {PER}|{PER} {V} the {N} of {PER2}|{PER} {V} {PER2} in the {A} {N}|
there was a {A} {N} in {LOC}|the {N} of {LOC} was {A}|a {N} from {LOC} {V} {PER}|{PER}, who {V} the {N}, was {A}|
nobody at {ORG} {V} the {N}|{ORG} {V} a {A} {N}|the {N} between {LOC} and {LOC2} is {A}|in {YEAR} the {N} {V} the {A} {N}|
on {DATE} {PER} {V} a {N}|it was {DATE} when the {N} {V} {PER}|{PER} was {A} and {V} every {N}|with a {N} in the hand, {PER} {V} {PER2}|
the {N} that {PER} {V} was at {ORG}|he {V} the {N} and she {V} the {A} {N}|{PER} {V} in {LOC}|{PER} {V} with {PER2}|
{PER} and {PER2} {V} {A} in {LOC}|{PER} got up and {V} it|we {V} the {N} near {LOC} in {YEAR}"""
CHINESE_PLAIN = """{PER}与{PER2}{C}{C}|{PER}{C}{C}{PER2}|{PER}{C}{C}|{C}{C}{PER}{C}{C}|{PER}{C}{C}于{LOC}|{LOC}的{C}{C}|{PER}{C}了{C}|
{C}{C}在{ORG}{C}{C}|于{DATE}{C}{C}|{PER}于{DATE}{C}{C}|{PER}{C}了{PER2}|{ORG}的{C}{C}|{PER}在{ORG}{C}{C}|{PER}{C}于{LOC}"""
SIGNS = "人大小上下来去出入见问答说听看走行坐立开关买卖唱写画想知爱怕笑哭喜忙病老少好坏高低远近冷热早晚多少花草树木鱼鸟马牛车船书信酒茶饭菜衣门窗灯火雨雪风日夜年岁事物心手眼口足头身"
# What may stand before or after it, in sentences whose names are to be found.
BEFORE, BEFORE_HELD = ["", "", "", "In those years ", "After the war, ", "Some say that ", "It is known that ", "As a young man, "], ["", "Once more ", "According to the paper, "]
AFTER, AFTER_HELD = ["", "", " with the family", " for the first time", " and was happy there", ", but nobody knew", " in {YEAR}", ", as {PER3} tells us", " and never saw {LOC2} again", " to the {N} of {PER3}", ", not far from {LOC2}", " with a {A} {N}"], ["", " without a word", ", much to the surprise of {PER3}", ", far away from {LOC2}"]


WORDS = {"V": VERBS, "N": NOUNS, "A": ADJECTIVES, "C": SIGNS}


def split(values, held):
    """Every fifth value is held out."""
    return [v for at, v in enumerate(values) if (at % 5 == 4) == held]


def one(values, rng, held):
    """One of those that are held out, or of the others."""
    chosen = split(values, held)
    return chosen[rng.integers(len(chosen))]


def any_of(values, rng):
    """One of the values."""
    return values[rng.integers(len(values))]


def word(values, rng, held):
    """One of the names; of those to learn from every other one is made up, so that they cannot be known by heart."""
    if held or rng.random() < 0.5:
        return one(values, rng, held)
    parts = [any_of(BEGINS, rng) + any_of(MIDDLES, rng) for _ in range(rng.integers(1, 3))]
    return ("".join(parts) + any_of(ENDS, rng)).capitalize()


def english(kind, rng, held):
    """A name of a kind in English, or a word; the year of a held-out date is one of the held-out ones."""
    if kind in WORDS:
        return any_of(WORDS[kind], rng)
    if kind == "PER":
        return f"{word(FIRST, rng, held)} {word(LAST, rng, held)}"
    if kind == "ORG":
        return one([form.strip() for form in ORGS.split("|")], rng, False).format(word(PLACES if rng.random() < 0.6 else LAST, rng, held))
    if kind == "LOC":
        return word(PLACES, rng, held)
    year, month = one(range(1700, 2020), rng, held), MONTHS[rng.integers(12)]
    if kind == "YEAR":
        return (f"{year}", f"{month} {year}")[rng.integers(2)]
    return (f"{rng.integers(1, 29)} {month} {year}", f"{month} {rng.integers(1, 29)}, {year}")[rng.integers(2)]


def chinese(kind, rng, held):
    """The same in Chinese; every other place to learn from is made up."""
    place = lambda: one(CITIES, rng, held) if held or rng.random() < 0.5 else any_of(SIGNS, rng) + any_of(SIGNS, rng)
    if kind in WORDS:
        return any_of(WORDS[kind], rng)
    if kind == "PER":
        signs = GIVEN if held or rng.random() < 0.5 else SIGNS
        return one(SURNAMES, rng, held) + "".join(one(signs, rng, held) for _ in range(rng.integers(1, 3)))
    if kind == "ORG":
        return one(HOUSES, rng, False).format(place())
    if kind == "LOC":
        return place()
    spell = lambda n: DIGITS[n] if n < 10 else ("" if n < 20 else DIGITS[n // 10]) + "十" + (DIGITS[n % 10] if n % 10 else "")
    year = "".join(DIGITS[int(d)] for d in str(one(range(1700, 2020), rng, held))) + "年"
    return year + ("", f"{spell(rng.integers(1, 13))}月", f"{spell(rng.integers(1, 13))}月{spell(rng.integers(1, 29))}日")[rng.integers(3)]


def fill(template, names, name):
    """A template as text, and the spans of its names: (start, end, slot). `names` keeps what a slot stands for."""
    text, spans = "", []
    for part in re.split(r"(\{\w+\})", template):
        if part.startswith("{"):
            slot = part[1:-1]
            kind = slot.rstrip("0123456789")
            if slot in WORDS:  # another one every time; with a number it stays
                text += name(kind)
                continue
            part = names[slot] = names.get(slot) or name(kind)
            if kind not in WORDS:
                spans.append((len(text), len(text) + len(part), slot))
        text += part
    return text, spans


def maker(rng, held):
    """Whether it is Chinese (three in ten), its templates, and the maker of its names."""
    if rng.random() < 0.3:
        return True, (CHINESE_HELD if held else CHINESE), lambda kind: chinese(kind, rng, held)
    return False, (ENGLISH_HELD if held else ENGLISH), lambda kind: english(kind, rng, held)


def sentence(rng, held):
    """A sentence, and its names as (start, end, kind); a year is a date, and "the" is no part of a name."""
    zh, templates, name = maker(rng, held)
    deed = any_of(templates, rng).split("|")[0]
    if not held and rng.random() < 0.6:
        deed = any_of((CHINESE_PLAIN if zh else PLAIN).split("|"), rng).strip()
    if zh:
        whole = deed + "。"
    else:
        before, after = (BEFORE_HELD, AFTER_HELD) if held else (BEFORE, AFTER)
        whole = any_of(before, rng) + deed + any_of(after, rng) + "."
    text, spans = fill(whole, {}, name)
    kind = lambda slot: slot.rstrip("0123456789").replace("YEAR", "DATE")
    return text, [(start + 4 * text.startswith("the ", start), end, kind(slot)) for start, end, slot in spans]


def person(name, zh, people, rng, held):
    """Another name than those of `people`; of those to learn from many are half the same."""
    while True:
        made = name("PER")
        if not held and people and rng.random() < 0.4:
            kin = any_of(people, rng)
            (first, last), (other, family) = ((p[0], p[1:]) if zh else p.split(" ") for p in (made, kin))
            made = (other + last if zh else any_of([f"{other} {last}", f"{first} {family}"], rng))
        if made not in people:
            return made


def question(rng, held, rivals):
    """A question, a text about three people or four that answers it, and where the answer stands there: (start, end).

    In a share of `rivals` someone else in the text did the same, so that only the name tells which.
    """
    zh, templates, name = maker(rng, held)
    count = rng.integers(3, 5)
    asked, text, answer, wanted, people = rng.integers(count), "", None, "", []
    chosen = list(rng.permutation(len(templates))[:count])
    if rng.random() < rivals:
        chosen[(asked + rng.integers(1, count)) % count] = chosen[asked]
    for at, which in enumerate(chosen):
        deed, ask, slot = templates[which].split("|")
        names = {"PER": person(name, zh, people, rng, held)}
        people.append(names["PER"])
        said, spans = fill(deed + ("。" if zh else ". "), names, name)
        if at == asked:
            start, end = next((a, b) for a, b, s in spans if s == slot)
            start += 4 * said.startswith("the ", start)
            answer, wanted = (len(text) + start, len(text) + end), fill(ask, names, name)[0]
        text += said
    return wanted, text.strip(), answer
