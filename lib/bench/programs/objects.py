# SPDX-License-Identifier: MIT
"""Many small Python objects: instances, tuples, dicts and lists made, linked, sorted and dropped.

Run with PYTHONMALLOC=malloc, so that every object comes from the allocator under test.
"""
import sys


class Particle:
    def __init__(self, name, mass, position):
        self.name = name
        self.mass = mass
        self.position = position
        self.neighbours = []


def population(count):
    particles = [Particle(f"p{i}", i % 97 + 0.5, (i * 7 % 1009, i * 13 % 2003)) for i in range(count)]
    for index, particle in enumerate(particles):
        particle.neighbours.append(particles[index * 31 % count])
    return particles


def grouped(particles):
    cells = {}
    for particle in particles:
        x, y = particle.position
        cells.setdefault((x // 50, y // 50), []).append(particle)
    return {cell: sorted(members, key=lambda p: (p.mass, p.name)) for cell, members in cells.items()}


def main(rounds):
    total = 0.0
    kept = []
    for number in range(rounds):
        particles = population(20000)
        cells = grouped(particles)
        total += sum(members[0].mass for members in cells.values())
        kept.append({p.name: p for p in particles[:: 40 + number]})
        if len(kept) > 4:
            del kept[0]
    assert total > 0 and all(mapping["p0"].mass == 0.5 for mapping in kept)
    print(f"total={total:.1f}")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
