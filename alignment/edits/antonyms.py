"""English words and their opposites, for altered copies of a sentence."""

from __future__ import annotations

_PAIRS = """
accept reject
accepted rejected
add remove
added removed
after before
allow forbid
allowed forbidden
always never
asleep awake
bad good
beautiful ugly
begin end
best worst
better worse
big small
bigger smaller
bought sold
buy sell
cheap expensive
clean dirty
closed open
cold hot
dangerous safe
dark bright
dead alive
decrease increase
decreased increased
deep shallow
difficult easy
disable enable
disabled enabled
disappeared appeared
down up
dry wet
early late
earlier later
empty full
enemy friend
everybody nobody
everyone nobody
everything nothing
excluded included
exclude include
fail succeed
failed succeeded
false true
fast slow
faster slower
fat thin
few many
first last
forget remember
forgot remembered
happy sad
hard soft
hate love
hated loved
heavy light
hide show
hidden visible
high low
higher lower
highest lowest
inside outside
invalid valid
largest smallest
large small
larger smaller
least most
less more
lock unlock
locked unlocked
long short
longer shorter
lose win
lost won
maximum minimum
married divorced
near far
new old
newer older
noisy quiet
north south
often rarely
older younger
oldest youngest
peace war
poor rich
possible impossible
private public
read-only writable
right wrong
sick healthy
start stop
started stopped
strong weak
stronger weaker
tall short
taller shorter
tomorrow yesterday
top bottom
unknown known
unsuccessful successful
unsupported supported
warm cool
wide narrow
with without
young old
"""


def _opposites() -> dict[str, str]:
    opposites: dict[str, str] = {}
    for line in _PAIRS.split("\n"):
        if line:
            first, second = line.split()
            opposites.setdefault(first, second)
            opposites.setdefault(second, first)
    return opposites


OPPOSITES = _opposites()
"""A word in lower case and its opposite. Either one in the place of the other changes the meaning,
also where a word has several senses: the copy need not be a good sentence, only a wrong one."""
