"""What people call countries: in English, Spanish, German, French, Portuguese and Italian.

Without accents, in small letters, the three letters of ISO 3166 first. A country may have
several lines. Names that mean several countries ("Congo") are left out on purpose; territories
with hardly any telephones are known by their two letters only.
"""

from functools import cache
from string import capwords

COUNTRY_NAMES = """
AD: and, andorra, andorre
AE: are, united arab emirates, emiratos arabes unidos, vereinigte arabische emirate, uae, u a e
AE: emirates, dubai, vae, eau
AF: afg, afghanistan, afganistan, afeganistao
AG: atg, antigua and barbuda, antigua y barbuda, antigua und barbuda, antigua et barbuda, antigua
AI: aia, anguilla, anguila
AL: alb, albania, albanien, albanie
AM: arm, armenia, armenien, armenie
AO: ago, angola
AR: arg, argentina, argentinien, argentine, argentinie
AS: asm, american samoa, samoa americana, amerikanisch samoa, samoa americaines, samoa americane
AT: aut, austria, osterreich, autriche, oostenrijk, oesterreich
AU: aus, australia, australien, australie
AW: abw, aruba
AZ: aze, azerbaijan, azerbaiyan, aserbaidschan, azerbaidjan, azerbaijao, azerbaigian, azerbeidzjan
BA: bih, bosnia and herzegovina, bosnia y herzegovina, bosnien und herzegowina, bosnia
BB: brb, barbados, barbade
BD: bgd, bangladesh, banglades, bangladesch
BE: bel, belgium, belgica, belgien, belgique, belgio, belgie
BF: bfa, burkina faso, burquina faso
BG: bgr, bulgaria, bulgarien, bulgarie, bulgarije
BH: bhr, bahrain, barein, bahrein
BI: bdi, burundi
BJ: ben, benin
BM: bmu, bermuda, bermudas, bermudes
BN: brn, brunei, brunei darussalam
BO: bol, bolivia, bolivien, bolivie, plurinational state of bolivia
BR: bra, brazil, brasil, brasilien, bresil, brasile, brazilie
BS: bhs, bahamas
BT: btn, bhutan, butan, bhoutan, butao
BW: bwa, botswana, botsuana
BY: blr, belarus, bielorrusia, bielorussie, bielorrussia, bielorussia
BZ: blz, belize, belice
CA: can, canada, kanada
CD: cod, congo kinshasa, republica democratica del congo, kongo kinshasa
CD: democratic republic of the congo, dr congo, drc
CF: caf, central african republic, republica centroafricana, zentralafrikanische republik
CG: cog, congo brazzaville, kongo brazzaville, republica do congo, republic of the congo
CH: che, switzerland, suiza, schweiz, suisse, suica, svizzera, zwitserland, switzerland ch
CH: swiss confederation
CI: civ, cote d'ivoire, costa do marfim, costa d'avorio, ivoorkust, ivory coast, costa de marfil
CI: elfenbeinkuste
CK: cok, cook islands, islas cook, cookinseln, iles cook, ilhas cook, isole cook, cookeilanden
CL: chl, chile, chili, cile
CM: cmr, cameroon, camerun, kamerun, cameroun, camaroes, kameroen
CN: chn, china, chine, cina, peoples republic of china, prc, mainland china, volksrepublik china
CO: col, colombia, kolumbien, colombie
CR: cri, costa rica
CU: cub, cuba, kuba
CV: cpv, cape verde, cabo verde, cap vert, capo verde, kaapverdie
CW: cuw, curacao, curazao
CY: cyp, cyprus, chipre, zypern, chypre, cipro
CZ: cze, czechia, chequia, tschechien, tchequie, tchequia, cechia, tsjechie, czech republic
CZ: republica checa, tschechische republik, ceska republika
DE: deu, germany, alemania, deutschland, allemagne, alemanha, germania, duitsland
DE: federal republic of germany, bundesrepublik deutschland, brd, tyskland, niemcy
DJ: dji, djibouti, yibuti, dschibuti, djibuti, gibuti
DK: dnk, denmark, dinamarca, danemark, danimarca, denemarken, danmark
DM: dma, dominica, dominique
DO: dom, dominican republic, republica dominicana, dominikanische republik, republique dominicaine
DZ: dza, algeria, argelia, algerien, algerie, algerije
EC: ecu, ecuador, equateur, equador
EE: est, estonia, estland, estonie
EG: egy, egypt, egipto, agypten, egypte, egito, egitto
ER: eri, eritrea, erythree, eritreia
ES: esp, spain, espana, spanien, espagne, espanha, spagna, spanje
ET: eth, ethiopia, etiopia, athiopien, ethiopie
FI: fin, finland, finlandia, finnland, finlande, suomi
FJ: fji, fiji, fiyi, fidschi, fidji, figi
FK: flk, falkland islands, islas malvinas, falklandinseln, iles malouines, ilhas malvinas
FM: fsm, micronesia, mikronesien, micronesie, federated states of micronesia
FO: fro, faroe islands, islas feroe, faroer, iles feroe, ilhas faroe, faeroer
FR: fra, france, francia, frankreich, franca, frankrijk
GA: gab, gabon, gabun, gabao
GB: gbr, united kingdom, reino unido, vereinigtes konigreich, royaume uni, regno unito, uk
GB: great britain, britain, england, scotland, wales, northern ireland, inglaterra, angleterre
GD: grd, grenada, granada, grenade
GE: geo, georgia, georgien, georgie
GF: guf, french guiana, guayana francesa, franzosisch guayana, guyane francaise, guiana francesa
GG: ggy, guernsey, guernesey
GH: gha, ghana, gana
GI: gib, gibraltar, gibilterra
GL: grl, greenland, groenlandia, gronland, groenland
GM: gmb, gambia, gambie
GN: gin, guinea, guinee, guine
GP: glp, guadeloupe, guadalupe, guadalupa
GQ: gnq, equatorial guinea, guinea ecuatorial, aquatorialguinea, guinee equatoriale
GR: grc, greece, grecia, griechenland, grece, griekenland, hellas
GT: gtm, guatemala
GU: gum, guam
GW: gnb, guinea bissau, guinea bisau, guinee bissau, guine bissau
GY: guy, guyana, guiana
HK: hkg, hong kong
HN: hnd, honduras
HR: hrv, croatia, croacia, kroatien, croatie, croazia, kroatie, hrvatska
HT: hti, haiti
HU: hun, hungary, hungria, ungarn, hongrie, ungheria, hongarije, magyarorszag
ID: idn, indonesia, indonesien, indonesie
IE: irl, ireland, irlanda, irland, irlande, ierland, republic of ireland, eire, irish republic
IL: isr, israel, israele
IM: imn, isle of man, isla de man, ile de man, ilha de man, isola di man
IN: ind, india, indien, inde, bharat
IQ: irq, iraq, irak, iraque
IR: irn, iran, ira, islamic republic of iran
IS: isl, iceland, islandia, island, islande, islanda, ijsland
IT: ita, italy, italia, italien, italie
JE: jey, jersey
JM: jam, jamaica, jamaika, jamaique, giamaica
JO: jor, jordan, jordania, jordanien, jordanie, giordania
JP: jpn, japan, japon, japao, giappone, nippon, nihon
KE: ken, kenya, kenia, quenia
KG: kgz, kyrgyzstan, kirguistan, kirgisistan, kirghizstan, quirguistao, kirghizistan, kirgizie
KH: khm, cambodia, camboya, kambodscha, cambodge, camboja, cambogia, cambodja
KI: kir, kiribati, quiribati
KM: com, comoros, comoras, komoren, comores, comore, comoren
KN: kna, st kitts and nevis, san cristobal y nieves, st kitts und nevis, st christophe et nieves
KN: st kitts
KP: prk, north korea, corea del norte, nordkorea, coree du nord, coreia do norte, corea del nord
KP: democratic people's republic of korea
KR: kor, south korea, corea del sur, sudkorea, coree du sud, coreia do sul, corea del sud, korea
KR: republic of korea, korea republic of
KW: kwt, kuwait, koweit, koeweit
KY: cym, cayman islands, islas caiman, kaimaninseln, iles caimans, ilhas cayman, isole cayman
KZ: kaz, kazakhstan, kazajistan, kasachstan, cazaquistao, kazakistan, kazachstan
LA: lao, laos
LB: lbn, lebanon, libano, libanon, liban
LC: lca, st lucia, santa lucia, ste lucie
LI: lie, liechtenstein
LK: lka, sri lanka, ceylon
LR: lbr, liberia
LS: lso, lesotho, lesoto
LT: ltu, lithuania, lituania, litauen, lituanie, litouwen
LU: lux, luxembourg, luxemburgo, luxemburg, lussemburgo
LV: lva, latvia, letonia, lettland, lettonie, lettonia, letland
LY: lby, libya, libia, libyen, libye, libie
MA: mar, morocco, marruecos, marokko, maroc, marrocos, marocco
MC: mco, monaco
MD: mda, moldova, moldavia, republik moldau, moldavie, republic of moldova
ME: mne, montenegro
MG: mdg, madagascar, madagaskar
MH: mhl, marshall islands, islas marshall, marshallinseln, iles marshall, ilhas marshall
MK: mkd, north macedonia, macedonia del norte, nordmazedonien, macedoine du nord, noord macedonie
MK: macedonia, mazedonien
ML: mli, mali
MM: mmr, myanmar, burma
MN: mng, mongolia, mongolei, mongolie
MO: mac, macao, macau
MP: mnp, northern mariana islands, islas marianas del norte, nordliche marianen
MQ: mtq, martinique, martinica
MR: mrt, mauritania, mauretanien, mauritanie
MS: msr, montserrat
MT: mlt, malta, malte
MU: mus, mauritius, mauricio, maurice
MV: mdv, maldives, maldivas, malediven, maldive, maldiven
MW: mwi, malawi, malaui
MX: mex, mexico, mexiko, mexique, messico, estados unidos mexicanos, mejico
MY: mys, malaysia, malasia, malaisie, maleisie
MZ: moz, mozambique, mosambik, mocambique, mozambico
NA: nam, namibia, namibie
NC: ncl, new caledonia, nueva caledonia, neukaledonien, nouvelle caledonie, nova caledonia
NE: ner, niger
NG: nga, nigeria
NI: nic, nicaragua
NL: nld, netherlands, paises bajos, niederlande, pays bas, paises baixos, paesi bassi, nederland
NL: holland, holanda, olanda
NO: nor, norway, noruega, norwegen, norvege, norvegia, noorwegen, norge
NP: npl, nepal
NZ: nzl, new zealand, nueva zelanda, neuseeland, nouvelle zelande, nova zelandia, nuova zelanda
NZ: aotearoa
OM: omn, oman, oma
PA: pan, panama
PE: per, peru, perou
PF: pyf, french polynesia, polinesia francesa, franzosisch polynesien, polynesie francaise
PG: png, papua new guinea, papua nueva guinea, papua neuguinea, papouasie nouvelle guinee
PH: phl, philippines, filipinas, philippinen, filippine, filipijnen, phillipines
PK: pak, pakistan, paquistao
PL: pol, poland, polonia, polen, pologne, polska
PR: pri, puerto rico, porto rico
PS: pse, palestinian territories, territorios palestinos, palastinensische autonomiegebiete
PS: palestine, palestina
PT: prt, portugal, portogallo
PW: plw, palau, palaos
PY: pry, paraguay, paraguai
QA: qat, qatar, catar, katar
RE: reu, reunion, la reunion, reuniao, riunione
RO: rou, romania, rumania, rumanien, roumanie, romenia, roemenie
RS: srb, serbia, serbien, serbie, servia, servie
RU: rus, russia, rusia, russland, russie, rusland, russian federation, russische foderation
RW: rwa, rwanda, ruanda
SA: sau, saudi arabia, arabia saudi, saudi arabien, arabie saoudite, arabia saudita, saoedi arabie
SA: ksa
SB: slb, solomon islands, islas salomon, salomonen, iles salomon, ilhas salomao, isole salomone
SC: syc, seychelles, seychellen, seicheles
SD: sdn, sudan, soudan, sudao, soedan
SE: swe, sweden, suecia, schweden, suede, svezia, zweden, sverige
SG: sgp, singapore, singapur, singapour, singapura
SI: svn, slovenia, eslovenia, slowenien, slovenie
SK: svk, slovakia, eslovaquia, slowakei, slovaquie, slovacchia, slowakije, slovak republic
SL: sle, sierra leone, sierra leona, serra leoa
SM: smr, san marino, st marin
SN: sen, senegal
SO: som, somalia, somalie
SR: sur, suriname, surinam
SS: ssd, south sudan, sudan del sur, sudsudan, soudan du sud, sudao do sul, zuid soedan
ST: stp, sao tome and principe, santo tome y principe, sao tome und principe, sao tome et principe
ST: sao tome
SV: slv, el salvador, salvador
SX: sxm, sint maarten, st maarten
SY: syr, syria, siria, syrien, syrie, syrian arab republic
SZ: swz, eswatini, esuatini, essuatini, swaziland
TC: tca, turks and caicos islands, islas turcas y caicos, turks und caicosinseln, turks and caicos
TD: tcd, chad, tschad, tchad, chade, ciad, tsjaad
TG: tgo, togo
TH: tha, thailand, tailandia, thailande, thailandia
TJ: tjk, tajikistan, tayikistan, tadschikistan, tadjikistan, tadjiquistao, tagikistan
TL: tls, timor leste, timor oriental, timor est, oost timor, east timor
TM: tkm, turkmenistan, turcomenistao
TN: tun, tunisia, tunez, tunesien, tunisie, tunesie
TO: ton, tonga
TR: tur, turkiye, turquia, turkei, turquie, turchia, turkije, turkey
TT: tto, trinidad and tobago, trinidad y tobago, trinidad und tobago, trinite et tobago, trinidad
TV: tuv, tuvalu
TW: twn, taiwan, taiwan province of china
TZ: tza, tanzania, tansania, tanzanie
UA: ukr, ukraine, ucrania, ucraina, oekraine
UG: uga, uganda, ouganda, oeganda
US: usa, united states, estados unidos, vereinigte staaten, etats unis, stati uniti
US: united states of america, america, estados unidos de america, ee uu, eeuu, eua, amerika
UY: ury, uruguay, uruguai
UZ: uzb, uzbekistan, usbekistan, ouzbekistan, uzbequistao, oezbekistan
VA: vat, vatican city, ciudad del vaticano, vatikanstadt, etat de la cite du vatican, vaticaanstad
VA: holy see, vatican
VC: vct, st vincent and the grenadines, san vicente y las granadinas, st vincent und die grenadinen
VC: st vincent
VE: ven, venezuela, bolivarian republic of venezuela
VG: vgb, british virgin islands, islas virgenes britanicas, britische jungferninseln, bvi
VI: vir, us virgin islands, islas virgenes de ee uu, amerikanische jungferninseln
VI: united states virgin islands
VN: vnm, vietnam, vietna
VU: vut, vanuatu
WS: wsm, samoa
XK: kosovo
YE: yem, yemen, jemen, iemen
YT: myt, mayotte
ZA: zaf, south africa, sudafrica, sudafrika, afrique du sud, africa do sul, zuid afrika, rsa
ZA: suedafrika
ZM: zmb, zambia, sambia, zambie
ZW: zwe, zimbabwe, zimbabue, simbabwe
"""


def english_name(code: str) -> str:
    """Name a country for a message: "Canada (CA)", since CA alone is also California."""
    name = _english_names().get(code)
    return f"{name} ({code})" if name else code


@cache
def _english_names() -> dict[str, str]:
    """Take the first name of each country; it stands behind the three letters."""
    names: dict[str, str] = {}
    for line in COUNTRY_NAMES.strip().splitlines():
        code, _, words = line.partition(": ")
        three, *others = words.split(", ")
        if len(three) == len("USA") and others:
            names.setdefault(code, capwords(others[0]).replace(" And ", " and "))
    return names
