"""Documents cut off and garbled."""


def garble(rng, text, words):
    """One to three faults: bytes that are other, gone, there twice, or among them one of the words."""
    garbled = bytearray(text)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(garbled))
        what = rng.randrange(5)
        if what == 0:
            del garbled[place:]
        elif what == 1:
            garbled[place] = rng.randrange(256)
        elif what == 2:
            del garbled[place:place + rng.randrange(1, 40)]
        elif what == 3:
            garbled[place:place] = rng.choice(words)
        else:
            end = place + rng.randrange(1, 400)
            garbled[place:place] = garbled[place:end]
        garbled = garbled or bytearray(b"x")
    return bytes(garbled)
