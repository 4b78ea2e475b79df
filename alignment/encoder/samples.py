"""Sentences that an encoder is tried on, in several languages and scripts."""

from __future__ import annotations

SAMPLES = (
    "Good",
    "The meeting is on the first Monday of the month.",
    "the house is red and old",
    "Bore da, sut mae'r tywydd heddiw?",
    "Das Museum ist montags geschlossen.",
    "El tren de las 8:45 llega tarde.",
    "Moje siostra lubi świeży chleb.",
    "Huomenna sataa, ota sateenvarjo mukaan.",
    "Поезд отправляется через десять минут.",
    "Το φαρμακείο είναι ανοιχτό το Σάββατο.",
    "أين أقرب محطة قطار؟",
    "मुझे एक कप चाय चाहिए।",
    "วันนี้อากาศดีมาก",
    "明天我们去图书馆。",
    "駅まで歩いて五分です。",
    "오늘 저녁에 비가 와요.",
)
