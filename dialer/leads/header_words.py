"""The words people write above their columns, in the languages lists come in.

Words are compared by `header_key`: case, spaces, punctuation and accents make no difference.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class LeadField(StrEnum):
    """What the dialer itself wants to know of a lead."""

    PHONE = "phone"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    COMPANY = "company"
    TIME_ZONE = "time_zone"
    COUNTRY = "country"
    EXTERNAL_REF = "external_ref"
    NOT_BEFORE = "not_before"  # the lead is not called before this moment
    STATE = "state"  # says something of the zone; stays an ordinary variable
    POSTAL_CODE = "postal_code"  # the same
    CONSENT_AT = "consent_at"  # when the lead agreed to be called
    CONSENT_SOURCE = "consent_source"  # where: a page, a form, a shop
    CONSENT_TEXT = "consent_text"  # to which words
    DO_NOT_CALL = "do_not_call"  # a mark in the file itself; such a row is not imported


class Likeness(StrEnum):
    """How surely a header means a telephone number."""

    SURE = "sure"  # every word of it belongs there
    LIKELY = "likely"  # "Borrower phone": unless its cells say otherwise
    POSSIBLE = "possible"  # "Contact", "Number": only if its cells are numbers
    NONE = "none"


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=4096)
def header_key(header: str) -> str:
    """Reduce a header to letters and digits, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", header).casefold()
    return "".join(char for char in plain if char.isalnum())


def header_tokens(header: str) -> list[str]:
    """Take a header apart: "MobilePhone #2" is mobile, phone and 2."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", header))
    return [header_key(token) for token in _TOKEN.findall(unicodedata.normalize("NFC", spaced))]


def _keys(words: str) -> frozenset[str]:
    return frozenset(header_key(word) for word in words.split())


# What is dialed first comes first; a header may hold words of several ranks, the last one counts.
_ANY_PHONE = _keys(
    "phone phones phonenumber phonenumbers phoneno phonenum telephone telephones telephonenumber "
    "telephoneno tel tels telno telnr tlf tfno ph phn fon fone msisdn e164 phonee164 contactnumber "
    "contactphone contactno contactnum tonumber callnumber dialnumber numbertocall numbertodial "
    "telefon telefonnummer telefonnr rufnummer telefoonnummer telefoon telefono telefonos "
    "numerodetelefono numerotelefono numeroditelefono telefone telefones numerodetelefone "
    "telefonnumer numertelefonu telefonu telefonnumarasi telefonnumber numerodetelephone "
    "numerotelephone notelephone puhelin puhelinnumero telefonszam telefonni 电话 電話 電話番号 "
    "电话号码 電話號碼 联系电话 聯絡電話 联系方式 телефон телефона الهاتف هاتف رقم_الهاتف 전화 "
    "전화번호 連絡先電話番号 τηλεφωνο טלפון"
)
_MOBILE = _keys(
    "mobile mobiles mobilephone mobilenumber mobileno mobilenum mobilephonenumber mob cell cells "
    "cellphone cellnumber cellno cellular cellphonenumber handy handynummer handynr mobil "
    "mobilnummer mobiltelefon mobilfunk mobilfunknummer mobiltelefonnummer movil moviles celular "
    "celulares cellulare cellulari portable gsm whatsapp whatsappnumber smartphone komorka "
    "komorkowy mobiel mobielnummer natel telephoneportable telefonomovil telefonocelular "
    "ceptelefonu 手机 手机号 手机号码 手機 手機號碼 携帯 携帯電話 携帯番号 携帯電話番号 мобильный "
    "мобильныйтелефон الجوال جوال رقم_الجوال 휴대폰 휴대전화 휴대폰번호"
)
_OTHER_PHONE = _keys(
    "homephone homephonenumber hometelephone hometel workphone workphonenumber worktel "
    "businessphone officephone directphone directdial directline landline landlinenumber dayphone "
    "daytimephone eveningphone otherphone alternatephone altphone secondaryphone companyphone "
    "mainline switchboard festnetz festnetznummer fijo fixe fisso telephonefixe telefonofijo "
    "privatnummer durchwahl"
)
_OTHER_WORDS = _keys(
    "home house private privat privato work office business company corporate other "
    "others alt alternate alternative alternativ alternatif alternativo secondary second third "
    "backup day daytime evening night direct fax2 geschaftlich geschaft buro dienstlich arbeit "
    "domicile travail bureau professionnel pro casa trabajo oficina trabalho escritorio ufficio "
    "lavoro thuis werk zakelijk hem arbete praca domowy autre otro outro altro andere weitere "
    "assistant spouse partner emergency 2 3 4 5 6 7 8 9"
)
_FILLERS = _keys(
    "number numbers num no nr nbr n 1 value values primary main preferred best default first "
    "contact contacts customer client lead prospect person people owner user member patient your "
    "my the a of for to with and or s de del der des die das du di da do le la el los il van het "
    "numero nummer nº número numéro номер номера hauptnummer principal principale haupt formatted "
    "raw clean cleaned full complete current intl international national local us "
    "usa uk eu ca au digits e164 line dial dialing "
    "personal account billing shipping mailing contactperson ansprechpartner kunde kunden cliente "
    "contacto contato contatto klant kontakt numer numara numarasi required optional"
)
_NOT_A_PHONE = _keys(
    "type types typ tipo art label ext exts extn extension extensions id ids uuid guid opt optin "
    "optout opted consent consented status state verification carrier provider operator "
    "network time times timezone zone tz date datum at last when note notes comment comments "
    "reason result outcome count calls attempts duration score quality hash fax faxnumber faxno "
    "telefax fax1 model os brand plan bill price cost permission allowed blocked blacklist dnc not "
    "donotcall area prefix vorwahl extensionnumber durchwahlnummer source origin flag is has city "
    "marketing sms email mail name owner_id checked updated created lookup region"
)
_NUMBERED = _keys(
    "zip postal postcode plz order orders invoice account acct sku ssn ein vat tax iban card "
    "amount total revenue price date birth dob year age ticket case contract policy loan serial "
    "imei latitude longitude lat lng lon row index key ref reference bestellung rechnung "
    "konto vertrag pedido factura commande facture ordine isbn upc ean gtin npi license passport"
)
_POSSIBLE = _keys(
    "contact contacts contactdetails contactinfo number numbers no nr num numero nummer numer "
    "numara número номер 番号 号码 號碼 連絡先 联系人 "
    "nummern recipient target destination dial call to kontakt contacto contato contatto line "
    "ring reach"
)

_WORDS: Mapping[LeadField, str] = {
    LeadField.NAME: "name fullname completename contactname kontaktname contact contactperson "
    "leadname customername clientname customer personname displayname prospectname recipientname "
    "ownername borrowername patientname nom nombre nombrecompleto nombreyapellido nomcomplet "
    "nom_et_prénom nomeprenom nome nomecompleto nomeecognome ansprechpartner "
    "kundenname vollständigername volledigenaam naam namn fulltnamn namnkund imięinazwisko "
    "imieinazwisko adsoyad adısoyadı "
    "氏名 名前 お名前 姓名 名字 联系人 имя_и_фамилия фио الاسم اسم الاسم_الكامل 이름 성명 "
    "contactfullname",
    LeadField.FIRST_NAME: "firstname first fname firstnames givenname given givennames forename "
    "forenames christianname vorname vornamen prénom prenoms nombres primernombre primeironome "
    "voornaam förnamn fornamn imię imie prenume isim 名 имя الاسم_الأول contactfirstname "
    "personfirstname preferredname",
    LeadField.LAST_NAME: "lastname last lname surname surnames familyname family secondname "
    "nachname familienname nomdefamille apellido apellidos primerapellido sobrenome últimonome "
    "cognome achternaam efternamn nazwisko soyad soyadı soyisim 姓 фамилия اسم_العائلة "
    "contactlastname personlastname",
    LeadField.EMAIL: "email emailaddress emails mail mailaddress emailid emailaddr email1value "
    "email1 primaryemail workemail contactemail personalemail emailadresse mailadresse "
    "correo correoelectrónico courriel adressemail adressemél adresseemail emailaddress1 eposta "
    "epost epostadress indirizzoemail indirizzomail enderecodeemail correio emailadres adresemail "
    "メール メールアドレス 邮箱 电子邮件 電子郵件 почта электроннаяпочта البريد_الإلكتروني 이메일",
    LeadField.COMPANY: "company companyname business businessname organization organisation "
    "organizationname organisationname organization1name account accountname employer firma "
    "firmenname firmname firm unternehmen empresa nombredelaempresa nomedaempresa entreprise "
    "nomdelentreprise société raisonsociale azienda società nomeazienda ragionesociale bedrijf "
    "bedrijfsnaam företag foretag företagsnamn nazwafirmy şirket sirket şirketadı 会社 会社名 公司 "
    "公司名称 компания организация الشركة شركة 회사 회사명 associatedcompany",
    LeadField.TIME_ZONE: "timezone tz zeitzone zonahoraria fusohorario fuseauhoraire fusoorario "
    "tijdzone tidszon strefaczasowa saatdilimi timezoneid timezonename ianatimezone leadtimezone "
    "contacttimezone localtimezone タイムゾーン 时区 часовойпояс",
    LeadField.COUNTRY: "country countrycode countryregion countryname land pais país pays paese "
    "nation kraj ülke ulke mailingcountry billingcountry homecountry businesscountry "
    "address1country contactcountry phonecountry phonecountrycode 国 国家 國家 страна الدولة 국가",
    LeadField.EXTERNAL_REF: "externalref externalid externalreference extid extref reference "
    "referenceid referencenumber ref refid refno accountref accountid leadid contactid customerid "
    "clientid crmid crmcontactid recordid prospectid personid userid salesforceid salesforceleadid "
    "hubspotid hubspotcontactid sfid kundennummer kundennr kundenid numeroclient numerodecliente "
    "idcliente idclient codicecliente klantnummer kundnummer nrklienta",
    LeadField.NOT_BEFORE: "notbefore notbeforedate notbeforetime callnotbefore callnotbeforedate "
    "donotcallbefore dontcallbefore callafter callafterdate callnoearlierthan notearlierthan "
    "earliestcall earliestcalldate earliestcalltime callback callbackdate callbackat callbackon "
    "callbackdatetime callbackafter nextcalldate calldate callat callon scheduledat scheduledfor "
    "scheduledcall nichtvor nichtanrufenvor anrufenab rückrufam rückrufdatum rueckrufdatum "
    "nepasappeleravant appelerapres rappelerle llamardespuésde nollamarantesde fechadellamada "
    "nãoligarantes ligardepois richiamareil nonchiamareprima nietbellenvoor belnadatum",
    LeadField.STATE: "state stateprovince stateregion stateorprovince provincestate province prov "
    "statecode usstate region homestate businessstate mailingstate mailingstateprovince "
    "billingstate billingstateprovince address1state address1region bundesland estado provincia "
    "região stateabbreviation stateabbr",
    LeadField.POSTAL_CODE: "postalcode postcode zip zipcode zippostalcode zippostal postalzip plz "
    "postleitzahl códigopostal codigopostal codepostal cp cep cap codicepostale mailingzip "
    "mailingzippostalcode billingzip billingzippostalcode mailingpostalcode homepostalcode "
    "businesspostalcode address1postalcode address1zip zip5 zip4 postnummer kodpocztowy postakodu "
    "郵便番号 邮编 邮政编码 индекс",
    LeadField.CONSENT_AT: "consentat consentdate consentdatetime consenttime consenttimestamp "
    "consentgivenat consentgivenon consentgivendate consentedat consentedon dateofconsent "
    "dateconsented consentreceivedat optinat optindate optindatetime optintime optintimestamp "
    "optinon optedinat optedinon optedindate dateoptedin dateofoptin phoneoptindate calloptindate "
    "permissiondate tcpaconsentdate tcpadate einwilligungam einwilligungsdatum "
    "datumdereinwilligung fechadeconsentimiento fechaconsentimiento datedeconsentement "
    "dateconsentement dateduconsentement datadeconsentimento dataconsentimento dataconsenso "
    "datadelconsenso toestemmingsdatum datumtoestemming samtyckesdatum datazgody",
    LeadField.CONSENT_SOURCE: "consentsource consentmethod consentchannel consenturl consentpage "
    "consentform consentorigin sourceofconsent optinsource optinmethod optinchannel optinurl "
    "optinpage optinform optinwebsite sourceofoptin permissionsource tcpaconsentsource "
    "einwilligungsquelle quelledereinwilligung fuentedelconsentimiento fuentedeconsentimiento "
    "sourceduconsentement fontedoconsentimento fontedelconsenso bronvantoestemming",
    LeadField.CONSENT_TEXT: "consenttext consentwording consentstatement consentcopy "
    "consentdisclosure optintext optinwording optinstatement optincopy optindisclosure "
    "tcpatext tcpadisclosure tcpaconsenttext einwilligungstext wortlautdereinwilligung "
    "textodelconsentimiento textodeconsentimiento texteduconsentement textodoconsentimento "
    "testodelconsenso toestemmingstekst",
    LeadField.DO_NOT_CALL: "donotcall dnc dnccall donotcontact optout optedout donotphone "
    "donotcallflag dncflag dncstatus donotcalllist phoneoptout calloptout nichtanrufen "
    "nollamar nepasappeler nãoligar nonchiamare nietbellen",
}
_FIELD_OF: Mapping[str, LeadField] = {
    header_key(word): field for field, words in _WORDS.items() for word in words.split()
}
_ALL_PHONE_WORDS = _ANY_PHONE | _MOBILE | _OTHER_PHONE
_OURS = _keys("row code message")


def field_of(header: str) -> LeadField | None:
    """Give the field a header names, None for the phone and for what is not known."""
    return _FIELD_OF.get(header_key(header))


def is_exact(header: str, field: LeadField) -> bool:
    """Tell whether a header is a field's own word and no synonym of it."""
    return header_key(header) == header_key(field.value)


def phone_likeness(header: str) -> Likeness:
    """Tell how surely a header means a telephone number, by its words alone."""
    key = header_key(header)
    if key in _ALL_PHONE_WORDS:
        return Likeness.SURE
    words = set(header_tokens(header))
    if words & _NOT_A_PHONE or (_FIELD_OF.get(key) and key not in _POSSIBLE):
        return Likeness.NONE
    if words & _ALL_PHONE_WORDS:
        rest = words - _ALL_PHONE_WORDS - _FILLERS - _OTHER_WORDS
        return Likeness.LIKELY if rest else Likeness.SURE
    if key in _POSSIBLE or (words and words <= _POSSIBLE):
        return Likeness.POSSIBLE
    return Likeness.NONE


def phone_rank(header: str) -> int:
    """Give the order in which numbers are dialed: 0 any, 1 mobile, 2 home, work and others."""
    words = {header_key(header), *header_tokens(header)}
    if words & (_OTHER_PHONE | _OTHER_WORDS):
        return 2
    return 1 if words & _MOBILE else 0


def is_known_word(header: str) -> bool:
    """Tell whether a cell reads like a header, so that its row may be one."""
    if header.startswith("_") and header_key(header) in _OURS:
        return True
    return field_of(header) is not None or phone_likeness(header) is Likeness.SURE


def names_no_numbers(header: str) -> bool:
    """Tell whether a header rules out that its column is dialed, whatever its cells look like."""
    words = set(header_tokens(header))
    return bool(words & (_NOT_A_PHONE | _NUMBERED)) or field_of(header) not in (
        None,
        LeadField.NAME,
    )
