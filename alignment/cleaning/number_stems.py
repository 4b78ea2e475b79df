"""Stems of the numerals of each language, for `number_words`.

Each entry is a value, a colon and stems. A value with * multiplies what precedes it: `zwei hundert`
is 200. The stems match inflected forms and ordinals; apostrophes are left out.
"""

STEMS = {
    "ar": "1:واحد 2:اثن,إثن,ثاني 3:ثلاث,ثالث 4:أربع,رابع 5:خمس,خامس 6:ست,سادس 7:سبع,سابع "
    "8:ثمان,ثامن 9:تسع,تاسع 10:عشر,عاشر 20:عشرون,عشرين 30:ثلاثون,ثلاثين 40:أربعون,أربعين "
    "50:خمسون,خمسين 60:ستون,ستين 70:سبعون,سبعين 80:ثمانون,ثمانين 90:تسعون,تسعين *100:مائة,مئة "
    "*1000:ألف,آلاف *1000000:مليون,ملايين",
    "cs": "0:nul 1:jed,prvn 2:dva,dvě,dvou,druh 3:tři,tří,třet 4:čtyř,čtvrt 5:pět,pát 6:šest "
    "7:sedm 8:osm 9:devět,devát,devít 10:deset,desát,desít 11:jedenáct 12:dvanáct 13:třináct "
    "14:čtrnáct 15:patnáct 16:šestnáct 17:sedmnáct 18:osmnáct 19:devatenáct "
    "20:dvacet,dvacát,dvacít 30:třicet,třicát,třicít 40:čtyřicet,čtyřicát 50:padesát "
    "60:šedesát 70:sedmdesát 80:osmdesát 90:devadesát *100:sto,stě,set,sta *1000:tisíc "
    "*1000000:milion,milión *1000000000:miliard",
    "da": "0:nul 1:en,et,først 2:to,anden,andet 3:tre 4:fire,fjerde 5:fem 6:seks,sjette 7:syv "
    "8:otte 9:ni 10:ti 11:elleve,ellevte 12:tolv 13:tretten 14:fjorten 15:femten 16:seksten "
    "17:sytten 18:atten 19:nitten 20:tyve 30:tredive,tredivt 40:fyrre 50:halvtreds 60:tres "
    "70:halvfjerds 80:firs 90:halvfems *100:hundred *1000:tusind *1000000:million "
    "*1000000000:milliard",
    "de": "0:null 1:ein,erst 2:zwei,zwo 3:drei,dritt 4:vier 5:fünf 6:sechs 7:sieb,sieben "
    "8:acht 9:neun 10:zehn 11:elf 12:zwölf 13:dreizehn 14:vierzehn 15:fünfzehn 16:sechzehn "
    "17:siebzehn 18:achtzehn 19:neunzehn 20:zwanzig 30:dreißig,dreissig 40:vierzig 50:fünfzig "
    "60:sechzig 70:siebzig 80:achtzig 90:neunzig *100:hundert *1000:tausend *1000000:million "
    "*1000000000:milliard",
    "el": "0:μηδέν 1:ένα,μία,πρώτ 2:δύο,δεύτερ 3:τρία,τρεις,τρίτ 4:τέσσερ,τέταρτ "
    "5:πέντε,πέμπτ 6:έξι,έκτ 7:επτά,εφτά,έβδομ 8:οκτώ,οχτώ,όγδο 9:εννέα,εννιά,ένατ "
    "10:δέκα,δεκα 11:έντεκα,ενδέκατ 12:δώδεκα,δωδέκατ 20:είκοσι,εικοστ 30:τριάντα,τριακοστ "
    "40:σαράντα 50:πενήντα 60:εξήντα 70:εβδομήντα 80:ογδόντα 90:ενενήντα *100:εκατό "
    "*1000:χίλι,χιλιάδ *1000000:εκατομμύρ",
    "en": "0:zero,midnight 1:one,first,once 2:two,second,twice 3:three,third 4:four "
    "5:five,fifth 6:six 7:seven 8:eight 9:nine,ninth 10:ten 11:eleven "
    "12:twelve,twelfth,noon,midday 13:thirteen 14:fourteen 15:fifteen 16:sixteen 17:seventeen "
    "18:eighteen 19:nineteen 20:twent 30:thirty,thirti 40:forty,forti 50:fifty,fifti "
    "60:sixty,sixti 70:seventy,seventi 80:eighty,eighti 90:ninety,nineti *100:hundred "
    "*1000:thousand *100000:lakh *10000000:crore *1000000:million *1000000000:billion "
    "*1000000000000:trillion",
    "eo": "0:nul 1:unu 2:du 3:tri 4:kvar 5:kvin 6:ses 7:sep 8:ok 9:naŭ *10:dek *100:cent "
    "*1000:mil *1000000:milion",
    "es": "0:cero 1:un,primer 2:dos,dós,segund 3:tres,trés,tercer 4:cuatro,cuart "
    "5:cinco,quint 6:seis,séis,sext 7:siete,séptim 8:ocho,octav 9:nueve,noven 10:diez,décim "
    "11:once 12:doce 13:trece 14:catorce 15:quince 16:dieciséis 17:diecisiete 18:dieciocho "
    "19:diecinueve 20:veinte,veinti,vigésim 30:treinta 40:cuarenta 50:cincuenta 60:sesenta "
    "70:setenta 80:ochenta 90:noventa *100:cien 200:doscient 300:trescient 400:cuatrocient "
    "500:quinient 600:seiscient 700:setecient 800:ochocient 900:novecient *1000:mil "
    "*1000000:millón,millon",
    "et": "0:null 1:üks,ühe,esime 2:kaks,kahe,teine 3:kolm 4:neli,nelja 5:viis,viie "
    "6:kuus,kuue 7:seits 8:kaheksa 9:üheksa *10:kümme,kümne 10:teist,teistkümme,teistkümne "
    "*100:sada,saja *1000:tuhat,tuhande *1000000:miljon *1000000000:miljard",
    "fa": "0:صفر 1:یک,اول 2:دو 3:سه,سوم 4:چهار 5:پنج 6:شش 7:هفت 8:هشت 9:نه 10:ده 11:یازده "
    "12:دوازده 13:سیزده 14:چهارده 15:پانزده 16:شانزده 17:هفده 18:هجده 19:نوزده 20:بیست 30:سی "
    "40:چهل 50:پنجاه 60:شصت 70:هفتاد 80:هشتاد 90:نود *100:صد 200:دویست 300:سیصد 500:پانصد "
    "*1000:هزار *1000000:میلیون *1000000000:میلیارد",
    "fi": "0:nolla 1:yksi,yhde,yhtä,ensimm 2:kaksi,kahde,kahta,toinen 3:kolme,kolma 4:neljä "
    "5:viisi,viide,viit 6:kuusi,kuude,kuut 7:seitsem,seitsen 8:kahdeksa 9:yhdeksä *10:kymmen "
    "10:toista,toist *100:sata,sada *1000:tuhat,tuhan *1000000:miljoon *1000000000:miljard",
    "fr": "0:zéro 1:un,premi 2:deux,second 3:trois 4:quatre,quatri 5:cinq 6:six,sixi 7:sept "
    "8:huit 9:neuf,neuv 10:dix 11:onze,onzi 12:douze,douzi 13:treize,treizi 14:quatorz "
    "15:quinz 16:seiz 20:vingt 30:trent 40:quarant 50:cinquant 60:soixant 70:septant "
    "80:quatre-vingt,huitant,octant 90:nonant *100:cent *1000:mille,milli *1000000:million "
    "*1000000000:milliard",
    "hi": "1:एक,पहल 2:दो,दूसर 3:तीन,तीसर 4:चार,चौथ 5:पाँच,पांच 6:छह,छः,छठ 7:सात 8:आठ 9:नौ "
    "10:दस 11:ग्यारह 12:बारह 13:तेरह 14:चौदह 15:पंद्रह,पन्द्रह 16:सोलह 17:सत्रह 18:अठारह 19:उन्नीस "
    "21:इक्कीस 22:बाईस,बाइस 23:तेईस,तेइस 24:चौबीस 25:पच्चीस 26:छब्बीस 27:सत्ताईस,सत्ताइस "
    "28:अट्ठाईस,अट्ठाइस,अठाईस 29:उनतीस,उन्तीस 31:इकतीस,इकत्तीस 32:बत्तीस 33:तैंतीस,तेतीस "
    "34:चौंतीस 35:पैंतीस 36:छत्तीस 37:सैंतीस 38:अड़तीस,अड़तीस 39:उनतालीस,उन्तालीस 41:इकतालीस "
    "42:बयालीस 43:तैंतालीस 44:चवालीस,चौवालीस 45:पैंतालीस 46:छियालीस 47:सैंतालीस "
    "48:अड़तालीस,अड़तालीस 49:उनचास 51:इक्यावन 52:बावन 53:तिरपन 54:चौवन 55:पचपन 56:छप्पन "
    "57:सत्तावन 58:अट्ठावन,अठावन 59:उनसठ 61:इकसठ 62:बासठ 63:तिरसठ,तिरेसठ 64:चौंसठ,चौसठ "
    "65:पैंसठ 66:छियासठ 67:सड़सठ,सड़सठ 68:अड़सठ,अड़सठ 69:उनहत्तर 71:इकहत्तर 72:बहत्तर "
    "73:तिहत्तर 74:चौहत्तर 75:पचहत्तर 76:छिहत्तर 77:सतहत्तर 78:अठहत्तर 79:उन्यासी,उनासी "
    "81:इक्यासी 82:बयासी 83:तिरासी 84:चौरासी 85:पचासी 86:छियासी 87:सत्तासी 88:अट्ठासी,अठासी "
    "89:नवासी 91:इक्यानवे 92:बानवे 93:तिरानवे 94:चौरानवे 95:पचानवे 96:छियानवे 97:सत्तानवे "
    "98:अट्ठानवे,अठानवे 99:निन्यानवे "
    "20:बीस 30:तीस 40:चालीस 50:पचास 60:साठ 70:सत्तर 80:अस्सी 90:नब्बे *100:सौ *1000:हज़ार,हजार "
    "*100000:लाख *10000000:करोड़,करोड",
    "hr": "0:nula 1:jedan,jedn,prv 2:dva,dvij,dve,drug 3:tri,treć 4:četir,četvrt 5:pet 6:šest "
    "7:sedam,sedm 8:osam,osm 9:devet 10:deset 11:jedanaest 12:dvanaest 13:trinaest "
    "14:četrnaest 15:petnaest 16:šesnaest 17:sedamnaest 18:osamnaest 19:devetnaest "
    "20:dvadeset 30:trideset 40:četrdeset 50:pedeset 60:šezdeset 70:sedamdeset 80:osamdeset "
    "90:devedeset *100:sto,stot 200:dvjest,dvest 300:trist *1000:tisuć,hiljad "
    "*1000000:milijun,milion *1000000000:milijard",
    "hu": "0:nulla 1:egy,első 2:kett,két,másod 3:három,harm 4:négy,negy 5:öt 6:hat 7:hét,het "
    "8:nyolc 9:kilenc 10:tíz,tiz 20:húsz,husz 30:harminc 40:negyven 50:ötven 60:hatvan "
    "70:hetven 80:nyolcvan 90:kilencven *100:száz *1000:ezer *1000000:millió "
    "*1000000000:milliárd",
    "id": "0:nol 1:satu,pertama 2:dua,kedua 3:tiga,ketiga 4:empat,keempat 5:lima,kelima "
    "6:enam,keenam 7:tujuh,ketujuh 8:delapan,lapan,kedelapan 9:sembilan,kesembilan "
    "10:sepuluh,kesepuluh,belas 11:sebelas,kesebelas *10:puluh 100:seratus *100:ratus "
    "1000:seribu *1000:ribu *1000000:juta *1000000000:miliar",
    "is": "0:núll 1:einn,ein,eitt,fyrst 2:tveir,tvö,tvær,tve,annar 3:þrír,þrj,þrem,þrið "
    "4:fjór 5:fimm 6:sex,sjött 7:sjö 8:átta,átt 9:níu,níund 10:tíu,tíund 11:ellef 12:tólf "
    "13:þrettán 14:fjórtán 15:fimmtán 16:sextán 17:sautján 18:átján 19:nítján 20:tuttug "
    "30:þrjátíu 40:fjörutíu 50:fimmtíu 60:sextíu 70:sjötíu 80:áttatíu 90:níutíu *100:hundr "
    "*1000:þúsund *1000000:milljón",
    "it": "0:zero 1:un,prim 2:due,second 3:tre,terz 4:quattro,quart 5:cinque,quint 6:sei,sest "
    "7:sette,settim 8:otto,ottav 9:nove,non 10:dieci,decim 11:undic 12:dodic 13:tredic "
    "14:quattordic 15:quindic 16:sedic 17:diciassett 18:diciott 19:diciannov 20:vent,venti "
    "30:trent,trenta 40:quarant,quaranta 50:cinquant,cinquanta 60:sessant,sessanta "
    "70:settant,settanta 80:ottant,ottanta 90:novant,novanta *100:cent,cento *1000:mille,mila "
    "*1000000:milion *1000000000:miliard",
    "ko": "0:영,공 1:하나,한,일,첫 2:둘,두,이 3:셋,세,삼 4:넷,네,사 5:다섯,오 6:여섯,육 "
    "7:일곱,칠 8:여덟,팔 9:아홉,구 10:열 20:스물,스무 30:서른 40:마흔 50:쉰 60:예순 70:일흔 "
    "80:여든 90:아흔 *10:십 *100:백 *1000:천 *10000:만 *100000000:억",
    "nb": "0:null 1:en,ett,et,først 2:to,andre 3:tre 4:fire,fjerde 5:fem 6:seks,sjette "
    "7:sju,syv 8:åtte 9:ni 10:ti 11:elleve,ellevte 12:tolv 13:tretten 14:fjorten 15:femten "
    "16:seksten 17:sytten 18:atten 19:nitten 20:tjue,tyve 30:tretti,tredve 40:førti,førr "
    "50:femti 60:seksti 70:sytti 80:åtti 90:nitti *100:hundre *1000:tusen *1000000:million "
    "*1000000000:milliard",
    "nl": "0:nul 1:een,één,eerst 2:twee 3:drie,derd 4:vier 5:vijf 6:zes 7:zeven 8:acht "
    "9:negen 10:tien 11:elf 12:twaalf 13:dertien 14:veertien 15:vijftien 16:zestien "
    "17:zeventien 18:achttien 19:negentien 20:twintig 30:dertig 40:veertig 50:vijftig "
    "60:zestig 70:zeventig 80:tachtig 90:negentig *100:honderd *1000:duizend *1000000:miljoen "
    "*1000000000:miljard",
    "pl": "0:zero 1:jed,pierwsz 2:dwa,dwie,dwó,dwu,drug 3:trzy,trze 4:czter,czwart "
    "5:pięć,pięci,piąt 6:sześ,szóst 7:siedem,siedmi,siódm 8:osiem,ośmi,ósm 9:dziewię,dziewią "
    "10:dziesięć,dziesięci,dziesią 11:jedenaś,jedenast 12:dwanaś,dwunast 13:trzynaś,trzynast "
    "14:czternaś,czternast 15:piętnaś,piętnast 16:szesnaś,szesnast 17:siedemnaś,siedemnast "
    "18:osiemnaś,osiemnast 19:dziewiętnaś,dziewiętnast 20:dwadzieś,dwudziest "
    "30:trzydzieś,trzydziest 40:czterdzieś,czterdziest 50:pięćdziesi 60:sześćdziesi "
    "70:siedemdziesi 80:osiemdziesi 90:dziewięćdziesi *100:sto,stu 200:dwieś 300:trzyst "
    "400:czteryst 500:pięćset 600:sześćset 700:siedemset 800:osiemset 900:dziewięćset "
    "*1000:tysi *1000000:milion *1000000000:miliard",
    "pt": "0:zero 1:um,primeir 2:dois,duas,segund 3:três,terceir 4:quatro,quart 5:cinco,quint "
    "6:seis,sext 7:sete,sétim 8:oito,oitav 9:nove,non 10:dez,décim 11:onze 12:doze 13:treze "
    "14:catorze,quatorze 15:quinze 16:dezesseis,dezasseis 17:dezessete,dezassete 18:dezoito "
    "19:dezenove,dezanove 20:vinte,vigésim 30:trinta 40:quarenta 50:cinquenta 60:sessenta "
    "70:setenta 80:oitenta 90:noventa *100:cem,cento 200:duzent 300:trezent 400:quatrocent "
    "500:quinhent 600:seiscent 700:setecent 800:oitocent 900:novecent *1000:mil "
    "*1000000:milhão,milhões *1000000000:bilhão,bilhões",
    "ro": "0:zero 1:un,prim 2:doi,două 3:trei 4:patru 5:cinci 6:șase,şase 7:șapte,şapte 8:opt "
    "9:nouă 10:zece 11:unsprezece 12:doisprezece,douăsprezece 13:treisprezece 14:paisprezece "
    "15:cincisprezece 16:șaisprezece,şaisprezece 17:șaptesprezece,şaptesprezece "
    "18:optsprezece 19:nouăsprezece 20:douăzeci 30:treizeci 40:patruzeci 50:cincizeci "
    "60:șaizeci,şaizeci 70:șaptezeci,şaptezeci 80:optzeci 90:nouăzeci *100:sut *1000:mie,mii "
    "*1000000:milion,milioane",
    "ru": "0:ноль,нул 1:один,одн,перв 2:два,две,двух,двум,двое,втор "
    "3:три,трех,трёх,трем,трет,трое 4:четыр,четвер,четвёр 5:пят 6:шест 7:сем,седьм "
    "8:восем,восьм 9:девят 10:десят 11:одиннадцат 12:двенадцат 13:тринадцат 14:четырнадцат "
    "15:пятнадцат 16:шестнадцат 17:семнадцат 18:восемнадцат 19:девятнадцат 20:двадцат "
    "30:тридцат 40:сорок 50:пятьдесят,пятидесят 60:шестьдесят,шестидесят "
    "70:семьдесят,семидесят 80:восемьдесят,восьмидесят 90:девянос *100:сто,ста,сот "
    "200:двест,двухсот 300:трист,трёхсот,трехсот 400:четырест 500:пятьсот,пятисот "
    "600:шестьсот 700:семьсот 800:восемьсот 900:девятьсот *1000:тысяч *1000000:миллион "
    "*1000000000:миллиард",
    "sv": "0:noll 1:en,ett,först 2:två,andra 3:tre 4:fyra,fjärde 5:fem 6:sex,sjätte 7:sju "
    "8:åtta,åttonde 9:nio 10:tio 11:elva,elfte 12:tolv,tolfte 13:tretton 14:fjorton 15:femton "
    "16:sexton 17:sjutton 18:arton 19:nitton 20:tjugo 30:trettio 40:fyrtio 50:femtio "
    "60:sextio 70:sjuttio 80:åttio 90:nittio *100:hundra *1000:tusen *1000000:miljon "
    "*1000000000:miljard",
    "th": "0:ศูนย์ 1:หนึ่ง,เอ็ด 2:สอง,ยี่ 3:สาม 4:สี่ 5:ห้า 6:หก 7:เจ็ด 8:แปด 9:เก้า *10:สิบ "
    "*100:ร้อย *1000:พัน *10000:หมื่น *100000:แสน *1000000:ล้าน",
    "tr": "0:sıfır 1:bir,ilk 2:iki 3:üç 4:dört,dörd 5:beş 6:altı 7:yedi 8:sekiz 9:dokuz 10:on "
    "20:yirmi 30:otuz 40:kırk 50:elli 60:altmış 70:yetmiş 80:seksen 90:doksan *100:yüz "
    "*1000:bin *1000000:milyon *1000000000:milyar",
    "uk": "0:нуль 1:один,одн,перш 2:два,дві,двох,друг 3:три,трьох,трет 4:чотир,четвер 5:пят "
    "6:шіст,шест,шост 7:сім,сьом,семи 8:вісім,восьм 9:девят 10:десят 11:одинадцят "
    "12:дванадцят 13:тринадцят 14:чотирнадцят 15:пятнадцят 16:шістнадцят 17:сімнадцят "
    "18:вісімнадцят 19:девятнадцят 20:двадцят 30:тридцят 40:сорок 50:пятдесят 60:шістдесят "
    "70:сімдесят 80:вісімдесят 90:девяност *100:сто,ста 200:двіст 300:трист 400:чотирист "
    "500:пятсот 600:шістсот 700:сімсот 800:вісімсот 900:девятсот *1000:тисяч *1000000:мільйон "
    "*1000000000:мільярд",
    "vi": "0:không 1:một,mốt 2:hai 3:ba 4:bốn,tư 5:năm,lăm 6:sáu 7:bảy 8:tám 9:chín 10:mười "
    "*10:mươi *100:trăm *1000:nghìn,ngàn *1000000:triệu *1000000000:tỷ",
}
