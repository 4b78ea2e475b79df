"""The language codes that public collections use, as they spell them."""

FLORES = """
ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi apc_Arab
arb_Arab arb_Latn ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn
bak_Cyrl bam_Latn ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn
bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn
dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn ewe_Latn fao_Latn fij_Latn
fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gaz_Latn gla_Latn gle_Latn glg_Latn grn_Latn guj_Gujr
hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn
isl_Latn ita_Latn jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor
kaz_Cyrl kbp_Latn kea_Latn khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab
knc_Latn kon_Latn kor_Hang lao_Laoo lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn
lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Arab min_Latn
mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn nno_Latn nob_Latn npi_Deva nso_Latn
nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab pes_Arab plt_Latn pol_Latn
por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Olck scn_Latn shn_Mymr
sin_Sinh slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl
ssw_Latn sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl
tgl_Latn tha_Thai tir_Ethi tpi_Latn tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng
uig_Arab ukr_Cyrl umb_Latn urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr
yor_Latn yue_Hant zho_Hans zho_Hant zsm_Latn zul_Latn
"""

NTREX = """
afr amh arb aze-Latn bak bel bem ben bod bos bul cat ces ckb-Arab cym dan deu div dzo ell eng-GB
eng-IN eng-US est eus ewe fao fas fij fil fin fra fra-CA fuc gle glg guj hau heb hin hmn hrv hun hye
ibo ind isl ita jpn kan kat kaz khm kin kir kmr kor lao lav lit ltz mal mar mey mkd mlg mlt mon mri
msa mya nde nep nld nno nob nso nya orm pan pol por por-BR prs pus ron rus shi sin slk slv smo
sna-Latn snd-Arab som spa spa-MX sqi srp-Cyrl srp-Latn ssw swa swe tah tam tat tel tgk-Cyrl tha tir
ton tsn tuk tur uig ukr urd uzb ven vie wol xho yor yue zho-CN zho-TW zul
"""

TATOEBA = """
abk acm afb afr ain ajp aka akl alt amh ang aoz apc ara arg arq arz asm ast aii avk awa aym aze bak
bal bam ban bar bel ben ber bho bis bjn bod bos bre brx bua bul bvy bzt cat cay cbk ceb ces cha che
chg chm chn cho chr chv cjy ckb ckt cmn cmo cor cos cpi crh crk crs csb cyo cym dan deu diq div dng
dnj drt dsb dtp dws egl ell emx eng enm epo est eus evn ewe ext fao fij fin fkv fra frm fro frr fry
fuc fur fuv gaa gag gan gbm gcf gil gla gle glg glv gom gos got grc grn gsw guc guj hak hat hau haw
hbo heb hif hil hin hmn hnj hoc hrv hrx hsb hsn hun hye iba ibo ido igs iii ike ile ilo ina ind isl
ita izh jam jav jbo jdt jpa jpn kaa kab kal kam kan kas kat kaz kek kha khm kin kir kiu kjh klj kmr
knc koi kor kpv krc krl ksh kum kxi kzj laa lad lao lat ldn lfn lij lim lin lit liv lkt lld lmo ltg
ltz lua lug lut lvs lzh lzz mad mah mai mal mar max mdf mfa mfe mgm mhr mic mik min mkd mlg mlt mnc
mni mnr mnw moh mon mrj mus mvv mwl mww mya myv nah nan nau nav nch nds new ngt ngu niu nld nlv nno
nnb nob nog non nov npi nst nus nya nys oar oci ofs oji ood ori orv osp oss osx ota otk pag pal pam
pan pap pau pcd pdc pes pfl phn pli pms pnb pol por ppl prg pus quc que rap rif roh rom ron rue run
rus ryu sag sah san sat scn sco sdh sgs shi shs shy sin sjn skr slk slv sma sme smo sna snd som sot
spa sqi srd srn srp ssw stq sun sux swe swg swh syc szl tah tam tat tel tet tgk tgl tha thv tig tir
tkl tlh tly tmr tmw toi tok toki ton tpi tpw tsn tso tts tuk tur tvl tyv tzl udm uig ukr umb urd urh
uzb vec vep vie vol vro war wln wol wuu xal xho xmf xqa yid yor yua yue zea zgh zlm zsm zul zza
"""

WIKIPEDIA = """
aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb ba
ban bar bat-smg bcl bdr be be-tarask be-x-old bew bg bh bi bjn blk bm bn bo bpy br bs btm bug bxr ca
cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv
dz ee el eml en eo es et eu ext fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd
gl glk gn gom gor got gpe gu guc gur guw gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id
ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kbd kbp kcg kg kge ki kj kk kl km kn
knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv
mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mos mr mrj ms mt mus mwl my myv mzn na nah nap
nds nds-nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam pap pcd
pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara rsk ru rue rw sa sah
sat sc scn sco sd se sg sh shi shn si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw szl
szy ta tay tcy tdd te tet tg th ti tk tl tly tn to tok tpi tr trv ts tt tum tw ty tyv udm ug uk ur
uz ve vec vep vi vls vo wa war wo wuu xal xh xmf yi yo za zea zgh zh zh-classical zh-min-nan zh-yue
zu
"""

OPUS = """
ab af ak am an ar ar_SY ar_TN arq arz as ast av ay az az_IR ba bal bar be be@latin bem ber bg bg_BG
bho bi bm bn bn_IN bo br brx bs bs@latin bua byn ca ca@valencia cb ce ceb ch chr ckb cmn co crh cs
csb cv cx cy da da_DK de de_AT de_CH de_DE dsb dv dz ee el en en@shaw en_AU en_CA en_GB en_NZ en_US
en_ZA eo es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_GT es_HN es_MX es_NI es_PA es_PE es_PR
es_SV es_UY es_VE et eu fa fa_AF fa_IR ff fi fil fj fo fr fr_BE fr_CA fr_CH fr_FR frm frp fur fy ga
gd gl gn gom grc gsw gu gv ha haw he hi hi_IN hil hne hr hsb ht hu hu_HU hy ia id id_ID ie ig ilo io
is it it_IT iu ja ja_JP jbo jv ka kab kek kg kha kk kl km kn ko kok kr ks ksh ku ku_Latn kv kw ky la
lad lb lg li ln lo lt ltg lv mai mfe mg mh mhr mi min miq mk ml mn mnw mo mr ms ms_MY mt mus my
my_MM nan nap nb nb_NO nds nds_NL ne nhn nl nl_BE nl_NL nn nn_NO no nr nso ny oc om or os pa pa_IN
pam pap pes pl pl_PL pms pot prs ps pt pt_BR pt_PT pt_br qu quz rm ro ro_RO rom ru ru_RU rue rw sa
sc scn sco sd se shn si sk sl sm sml sn so son sq sr sr@ijekavian sr@ijekavianlatin sr@latin sr_Latn
sr_ME srp ss st su sv sv_SE sw syr szl ta ta_LK te tet tg tg_TJ th th_TH ti tk tl tl_PH tlh tn toki
tr tr_TR trv ts tt tt@iqtelif tw ug uk uk_UA ur ur_PK uz uz@cyrillic uz_Latn ve vec vi vi_VN vls vo
wa wal wo xal xh xmf yi yo za ze_en ze_zh zh zh_CN zh_HK zh_TW zh_cn zh_tw zu
"""

DJANGO = """
af ar ar_DZ ast az be bg bn br bs ca ckb cs cy da de dsb el en en_AU en_CA en_GB eo es es_AR es_CO
es_MX es_NI es_PR es_VE et eu fa fi fr fr_BE fr_CA fr_CH fy ga gd gl he hi hr hsb hu hy ia id ig io
is it ja ka kab kk km kn ko ky lb lt lv mk ml mn mr ms my nb ne nl nn no os pa pl pt pt_BR ro ru sk
sl sq sr sr_Latn sv sw ta te tg th tk tr tt udm ug uk ur uz vi zh_Hans zh_Hant
"""

LID_176 = """
af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs
cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr
hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc
lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa
pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg
th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo yue zh
"""

COLLECTIONS: dict[str, frozenset[str]] = {
    "FLORES-200": frozenset(FLORES.split()),
    "NTREX-128": frozenset(NTREX.split()),
    "Tatoeba": frozenset(TATOEBA.split()),
    "Wikipedia": frozenset(WIKIPEDIA.split()),
    "OPUS": frozenset(OPUS.split()),
    "Django": frozenset(DJANGO.split()),
    "lid.176": frozenset(LID_176.split()),
}
"""The spellings of each collection."""
