#!/usr/bin/env python3
"""coverage.py - what the tests reach of medvol.h, section by section and kernel level by kernel level.
coverage.py FOLDER: medvol.gcno and medvol.gcda of a --coverage build are in FOLDER.

Reads gcov's JSON, which keeps apart the instances that one kernel line has at each level (gcovr merges
them; it makes the pages to look at). Fails when a gate below is missed or when an entry of tests/coverage.txt,
of what no test can reach, has become untrue. What else of [IO] and [GZIP] nothing takes is printed."""
import collections
import json
import os
import re
import subprocess
import sys

GATES = {'IO': (100, 95), 'GZIP': (100, 95)}  # section: lines, branches, in percent, exclusions counted out
KERNELS = 95                                   # lines of every level's kernels, in percent
LEVELS = {'scalar': 1, 'v128': 2, 'avx2': 3, 'avx512': 4}


def gcov(folder):
    out = subprocess.run(['gcov', '--json-format', '--stdout', '--branch-probabilities', 'medvol.gcda'],
                         cwd=folder, capture_output=True, text=True, check=True).stdout
    return [f for f in json.loads(out)['files'] if os.path.basename(f['file']) == 'medvol.h'][0]


def sections(source):
    found, now = [], None
    for line in source:
        m = re.match(r'(?:/\*|  ) ==== \[(\w+)\]', line)
        now = m.group(1) if m else now
        found.append(now)
    return found


def left_out(path):
    """tests/coverage.txt: paragraphs of `function: text of its line`, one or more, and an indented reason."""
    found = []
    text = re.sub(r'^#.*\n', '', open(path).read(), flags=re.M)
    for paragraph in filter(str.strip, re.split(r'\n\s*\n', text)):
        rows = paragraph.strip('\n').split('\n')
        if rows[0][0].isspace() or not rows[-1][0].isspace():
            sys.exit('%s: an entry without a reason:\n%s' % (path, paragraph))
        found += [tuple(row.split(': ', 1)) for row in rows if not row[0].isspace()]
    return found


class Line:
    """One line of the header, all its instances together: reached, and the branches taken."""
    def __init__(self):
        self.reached, self.branches, self.functions = False, {}, set()

    def add(self, entry):
        taken = [b['count'] > 0 for b in entry['branches']]
        old = self.branches.get(len(taken), [False] * len(taken))
        self.reached = self.reached or entry['count'] > 0
        self.branches[len(taken)] = [a or b for a, b in zip(old, taken)]
        name = entry.get('function_name', '')
        self.functions.add(re.sub('_(%s)$' % '|'.join(LEVELS), '', name))

    def missed(self):
        return sum(not b for taken in self.branches.values() for b in taken)

    def all(self):
        return sum(map(len, self.branches.values()))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    source = open(os.path.join(here, '..', 'medvol.h')).read().split('\n')
    section = sections(source)
    lines = collections.defaultdict(Line)
    level = {k: collections.Counter() for k in LEVELS}
    unreached = collections.defaultdict(list)
    for entry in gcov(sys.argv[1])['lines']:
        n = entry['line_number']
        lines[n].add(entry)
        kind = entry.get('function_name', '').rpartition('_')[2]
        if kind in LEVELS:
            level[kind]['all'] += 1
            level[kind]['reached'] += entry['count'] > 0
            if not entry['count']:
                unreached[kind].append('%d %s' % (n, entry['function_name']))

    failed = 0
    known = left_out(os.path.join(here, 'coverage.txt'))
    used, why = set(), {}
    for n, line in lines.items():
        text = source[n - 1].strip()
        for function, part in known:
            if function in line.functions and part in text and (line.missed() or not line.reached):
                used.add((function, part))
                why[n] = True
    for function, part in known:
        if (function, part) not in used:
            failed += 1
            print('tests/coverage.txt: all is reached, or no such line: %s: %s' % (function, part))

    print('%-10s %16s %9s %18s %9s' % ('section', 'lines', 'left out', 'branches', 'left out'))
    for name in dict.fromkeys(section):
        mine = {n: x for n, x in lines.items() if section[n - 1] == name}
        if not mine:
            continue
        out_lines = sum(n in why and not x.reached for n, x in mine.items())
        out_branches = sum(x.missed() for n, x in mine.items() if n in why)
        got = sum(x.reached for x in mine.values())
        taken, total = sum(x.all() - x.missed() for x in mine.values()), sum(x.all() for x in mine.values())
        percent = (100.0 * got / max(1, len(mine) - out_lines), 100.0 * taken / max(1, total - out_branches))
        print('%-10s %6d %6.2f %% %9d %8d %6.2f %% %9d' % (
            '[%s]' % name, len(mine), percent[0], out_lines, total, percent[1], out_branches))
        gate = GATES.get(name)
        if gate:
            failed += percent[0] < gate[0] or percent[1] < gate[1]
            for n, x in sorted(mine.items()):
                if n not in why and (x.missed() or not x.reached):
                    print('    medvol.h:%d %s: %s: %s' % (n, 'branches' if x.reached else 'not reached',
                          '/'.join(sorted(x.functions)), source[n - 1].strip()))
    for kind in LEVELS:
        percent = 100.0 * level[kind]['reached'] / max(1, level[kind]['all'])
        print('level %d, %-7s %6d kernel lines, %6.2f %% reached' % (
            LEVELS[kind], kind, level[kind]['all'], percent))
        if percent < KERNELS:
            failed += 1
            print('\n'.join('    ' + x for x in unreached[kind]))
    print('coverage: %s' % ('%d gates missed' % failed if failed else 'all gates passed'))
    return int(failed > 0)


if __name__ == '__main__':
    sys.exit(main())
