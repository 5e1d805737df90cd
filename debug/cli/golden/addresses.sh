# What each subject told of itself; `make` writes this.
pinned=0x7efff7821400
own=0x7efdac401409
lost=0x7efff7820d90
overrun=0x7fffffffea50
page=0x7fffffffea50
