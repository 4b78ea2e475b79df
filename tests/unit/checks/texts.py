"""Short texts in languages that are easily taken for each other, six sentences each."""

UKRAINIAN = [
    "Ваш пароль було успішно змінено.",
    "Цей файл уже існує. Замінити його?",
    "Введіть адресу електронної пошти, щоб продовжити.",
    "Немає жодного результату для вашого запиту.",
    "Зачекайте, будь ласка, поки сторінка завантажується.",
    "Ви не маєте дозволу переглядати цю сторінку.",
]
RUSSIAN = [
    "Ваш пароль был успешно изменён.",
    "Этот файл уже существует. Заменить его?",
    "Введите адрес электронной почты, чтобы продолжить.",
    "По вашему запросу ничего не найдено.",
    "Подождите, пожалуйста, пока страница загружается.",
    "У вас нет прав для просмотра этой страницы.",
]
ENGLISH = [
    "Your password was changed.",
    "This file exists already. Do you want to replace it?",
    "Enter your email address to continue.",
    "There are no results for your search.",
    "Please wait while the page is loading.",
    "You do not have permission to view this page.",
]
GERMAN = [
    "Ihr Passwort wurde geändert.",
    "Diese Datei gibt es schon. Möchten Sie sie ersetzen?",
    "Geben Sie Ihre E-Mail-Adresse ein, um fortzufahren.",
    "Zu Ihrer Suche gibt es keine Ergebnisse.",
    "Bitte warten Sie, während die Seite geladen wird.",
    "Sie dürfen diese Seite nicht ansehen.",
]
SIMPLIFIED = [
    "您的密码已经成功修改，请重新登录。",
    "这个文件已经存在，是否要替换它？",
    "请输入您的电子邮件地址以继续操作。",
    "没有找到与您的搜索相符的结果。",
    "请稍候，网页正在载入，这可能需要几秒钟。",
    "您没有查看这个页面的权限，请联系管理员。",
]
TRADITIONAL = [
    "您的密碼已經成功修改，請重新登入。",
    "這個檔案已經存在，是否要取代它？",
    "請輸入您的電子郵件地址以繼續操作。",
    "沒有找到與您的搜尋相符的結果。",
    "請稍候，網頁正在載入，這可能需要幾秒鐘。",
    "您沒有檢視這個頁面的權限，請聯絡管理員。",
]
CROATIAN = [
    "Vaša lozinka je uspješno promijenjena.",
    "Ova datoteka već postoji. Želite li je zamijeniti?",
    "Unesite svoju adresu e-pošte za nastavak.",
    "Nema rezultata za vašu pretragu.",
    "Pričekajte dok se stranica učitava.",
    "Nemate dopuštenje za pregled ove stranice.",
]
MAORI = [
    "Kua huria tō kupuhipa.",
    "Kei te noho kē tēnei kōnae. Me whakakapi?",
    "Tāurutia tō wāhitau īmēra kia haere tonu.",
    "Kāore he hua mō tō rapunga.",
    "Tatari mai i te wā e uta ana te whārangi.",
    "Kāore koe i te whai mana ki te tiro i tēnei whārangi.",
]
ALEMANNIC = [
    "Dis Passwort isch gänderet worde.",
    "Die Datei gits scho. Wottsch si ersetze?",
    "Gib dini E-Mail-Adrässe ii, zum wiitermache.",
    "Für dini Suechi git es keni Ergäbnis.",
    "Bitte wart, bis d Siite glade isch.",
    "Du darfsch die Siite nöd aaluege, will dir d Rächt defür fähle.",
]
