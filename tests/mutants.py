#!/usr/bin/env python3
"""mutants.py - do the tests notice a broken medvol.h?  mutants.py [--seed 1] [--count 200] [--jobs 2] [--again]

Breaks the header in COUNT ways, one at a time: comparisons, constants, signs, && and ||, conditions,
checks and statements, in the parsers and codecs ([IO], [GZIP]) and in the functions of [BASE] and [VOLUME]
that check sizes. A mutant is killed when a test fails, crashes or takes ten times as long. The seed picks
them by a hash of their text, so that a change of the header changes few. A mutant that compiles to the
same code is no mutant and another is drawn.

Fails when fewer than nine of ten are killed, when a survivor is not listed with its reason in
tests/mutants.txt, or when an entry there no longer fits the header. --again runs the survivors of the
last run only, which need reasons alone."""
import argparse
import concurrent.futures
import glob
import hashlib
import itertools
import os
import queue
import re
import resource
import shutil
import subprocess
import sys
import time

FLAGS = ['-std=c99', '-O0', '-ffp-contract=off', '-w']
# two levels of what is broken, deflate's inputs cut where tests get to; the other sections come from an object of
# the sound header behind it, scalar
BROKEN = ['-DMEDVOL_MAX_LEVEL=2', '-DMV__GZ_STRETCH=((size_t)1<<20)', '-DMEDVOL_NO_INTENSITY', '-DMEDVOL_NO_SPATIAL',
          '-DMEDVOL_NO_RESAMPLE', '-DMEDVOL_NO_FIELD']
SOUND = ['-DMEDVOL_MAX_LEVEL=1']
# the tests that can notice, tables or cases, the likeliest and cheapest first
TABLES = {
    'GZIP': 'gzip defects golden/file io corners catalogue',
    'IO': 'io contract defects catalogue golden/file gzip corners oom iofault',
    'PICTURES': 'pictures contract golden/file corners corners/picture_sizes oom',
    'VOLUME': 'core contract convert io oom',
    'BASE': 'core contract io gzip oom'}
# left out of whole tables: big pictures; times, which say little on a machine that does other work too
SLOW = ['--without', 'picture_sizes', '--without', 'linear_time']
FLIPS = {
    '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
    '+': '-', '-': '+', '+=': '-=', '-=': '+=', '<<': '>>', '>>': '<<'}
KINDS = dict.fromkeys(('+', '-', '+=', '-=', '<<', '>>'), 'sign') | {'&&': 'logic', '||': 'logic'}
TOKEN = re.compile(r'''(?P<number>(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+)(?=[uUlL]*(?![\w.])))
    |(?<=\s)(?P<flip>&&|\|\||[<>=!]=|<<|>>|[+-]=?|[<>])(?=\s)''', re.X)


def code_lines(text):
    """The lines without comments, strings, characters and directives, of the same length."""
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    text = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    return re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', blank, text, flags=re.M).split('\n')


def compiled_lines(header):
    """Which lines of the header the preprocessor leaves in."""
    out = subprocess.run(['gcc', *FLAGS, *BROKEN, '-E', '-DMEDVOL_IMPLEMENTATION', '-x', 'c', header],
                         capture_output=True, text=True, check=True).stdout
    kept, inside, n = set(), False, 0
    for line in out.split('\n'):
        m = re.match(r'# (\d+) "([^"]*)"', line)
        if m:
            n, inside = int(m.group(1)), os.path.basename(m.group(2)) == 'medvol.h'
            continue
        if inside and line.strip():
            kept.add(n)
        n += 1
    return kept


def places(lines, code):
    """(line index, section, function) of every line that may be broken."""
    section = function = None
    body, found, wanted = [], [], {}
    for i, line in enumerate(lines):
        m = re.match(r'(?:/\*|  ) ==== \[(\w+)\]', line)
        if m:
            section, function = m.group(1), None
        if re.match(r'[A-Za-z].*\(', code[i]) and not code[i].rstrip().endswith(';'):
            m = re.search(r'\b(mv_?\w*|MV__K\(\w+\))\s*\((?!.*\bMV__K)', code[i])
            if m:
                function = re.sub(r'MV__K\((\w+)\)', r'\1*', m.group(1))
        if section in ('GZIP', 'IO', 'VOLUME', 'BASE') and function:
            found.append((i, section, function))
            wanted.setdefault((section, function), []).append(code[i])
    for key, text in wanted.items():
        sizes = re.search(r'\bmv__(mul|add)\s*\(', '\n'.join(text))
        wanted[key] = key[0] in ('GZIP', 'IO') or bool(sizes)
    return [(i, s, f) for i, s, f in found if wanted[s, f]]


def closing(text, start):
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == '(') - (text[i] == ')')
        if depth == 0:
            return i
    return -1


def breaks(line, code):
    """Every way to break one line: (kind, broken line). Rows of tables are left alone."""
    body = code.rstrip()
    if not re.search(r'[a-zA-Z_]{2}', re.sub(r'0[xX][0-9a-fA-F]+|[uUlL]', '', code)):
        return
    indent = len(body) - len(body.lstrip())
    declares = re.match(r'\s*(static |const |unsigned |char |int |uint\w+ |size_t |double |float )+\w+\[', code)
    for m in TOKEN.finditer(code):
        kind = 'constant'
        if m.group('flip'):
            new = [FLIPS[m.group('flip')]]
            kind = KINDS.get(m.group('flip'), 'order')
        elif declares and code[m.start() - 1] == '[':
            continue
        elif m.group('number').lower().startswith('0x'):
            n = int(m.group('number'), 16)
            new = [hex(n + 1), hex(max(n - 1, 0))]
        else:
            n = int(m.group('number'), 10)
            new = [str(n + 1)] + ([str(n - 1)] if n else [])
        for text in new:
            yield kind, line[:m.start()] + text + line[m.end():]
    m = re.match(r'\s*(?:\} )?(?:else )?(if|while) \(', code)
    if m:
        begin = m.end() - 1
        end = closing(code, begin)
        if end > 0:
            yield 'condition', line[:begin] + '(!' + line[begin:end + 1] + ')' + line[end + 1:]
            if m.group(1) == 'if' and re.search(r'[;}]$', body) and code.count('{') == code.count('}'):
                if not code.lstrip().startswith(('}', 'else')):
                    yield 'check', line[:indent] + ';'
    call_or_set = re.match(r'\s+(\*?\w[\w.\[\]+*>-]*( [-+*/|&^%]?(<<|>>)?= .*|\(.*\)|\+\+|--));$', body)
    if call_or_set and not declares and not re.match(r'\s*(return|case|goto)\b', code):
        yield 'statement', line[:indent] + ';'


class Mutant:
    def __init__(self, index, section, function, kind, old, new, nth):
        self.kind = kind
        self.index, self.section, self.function = index, section, function
        self.old, self.new, self.nth = old, new, nth
        self.result, self.by = None, ''

    def key(self):
        return self.function, ' '.join(self.old.split()), ' '.join(self.new.split())

    def order(self, seed):
        return hashlib.sha256(repr((seed, self.key(), self.nth)).encode()).digest()

    def text(self):
        return '%s\n- %s\n+ %s\n' % self.key()


def all_mutants(text, header):
    lines, code, kept = text.split('\n'), code_lines(text), compiled_lines(header)
    found, seen = [], {}
    for i, section, function in places(lines, code):
        if i + 1 not in kept or not code[i].strip():
            continue
        for kind, new in breaks(lines[i], code[i]):
            m = Mutant(i, section, function, kind, lines[i], new, 0)
            m.nth = seen[m.key()] = seen.get(m.key(), -1) + 1
            found.append(m)
    return found


def draw(mutants, seed):
    """As many of each kind, as long as there are."""
    kinds = {}
    for m in sorted(mutants, key=lambda m: m.order(seed)):
        kinds.setdefault(m.kind, []).append(m)
    return [m for row in itertools.zip_longest(*(kinds[k] for k in sorted(kinds))) for m in row if m]


class Bench:
    """One folder in which a header is compiled and the tests run."""
    def __init__(self, root, build, number, link):
        self.tests = sorted(glob.glob(os.path.join(root, build, 'tests', '**', '*.o'), recursive=True))
        if link:  # with the system calls in the hands of the tests
            self.tests = ['../iofault.o'] + [x for x in self.tests if not x.endswith('/test_iofault.o')]
        self.link_flags = link.split()
        self.dir = os.path.join(root, build, 'mutants', 'bench%d' % number)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        shutil.copytree(os.path.join(root, 'tests'), os.path.join(self.dir, 'tests'))  # some look into them
        shutil.copy(os.path.join(root, 'Makefile'), self.dir)
        with open(os.path.join(self.dir, 'medvol.c'), 'w') as f:
            f.write('#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n')

    def compile(self, text, flags=BROKEN, result='medvol.o'):
        with open(os.path.join(self.dir, 'medvol.h'), 'w') as f:
            f.write(text)
        done = subprocess.run(['gcc', *FLAGS, *flags, '-c', 'medvol.c', '-o', result], cwd=self.dir,
                              capture_output=True)
        if done.returncode:
            return None
        with open(os.path.join(self.dir, result), 'rb') as f:
            return hashlib.sha256(f.read()).digest()

    def link(self):
        subprocess.run(['gcc', *self.tests, 'medvol.o', '../whole.o', '-Wl,-z,muldefs', *self.link_flags, '-lm',
                        '-lpthread', '-o', 'all'], cwd=self.dir, check=True)

    def run(self, table, level, threads, seconds):
        """None when all pass; else what happened. The limit is time of the processor, as machines are busy."""
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (1 << 39, 1 << 39))  # a map of 200 GiB is among the tests
            open("/proc/self/oom_score_adj", "w").write("1000")  # the first to go when memory is short
        command = ['./all', table, '--first', '--level', str(level), '--threads', str(threads)]
        command += SLOW if table.endswith('/') else []
        try:
            done = subprocess.run(command, cwd=self.dir, capture_output=True, text=True, errors='replace',
                                  preexec_fn=limits, timeout=60 + 10 * seconds)
        except subprocess.TimeoutExpired:
            return 'hangs in %s' % table
        if done.returncode == 0 and re.search(r'^[1-9]\d* passed, 0 failed', done.stdout, re.M):
            return None
        if done.returncode < 0:
            return 'signal %d in %s' % (-done.returncode, table)
        said = [x for x in done.stderr.split('\n') if ': ' in x]
        return said[-1].split(' [')[0] if said else 'fails in %s' % table


def suite(section, function, names):
    """(table, level, threads) of the runs: the best level; kernels in scalar too; then what is serial."""
    part = 'PICTURES' if re.match('mv__(rn|png)|mv_(save_png|png|render)', function) else section
    tables = [t if '/' in t else t + '/' for t in TABLES[part].split() if t.split('/')[0] in names]
    runs = [(t, 2, 2) for t in tables]
    if '*' in function:
        runs += [(t, 1, 2) for t in tables[:2]]
    return runs + [(t, 2, 1) for t in tables if t in ('io/', 'gzip/', 'pictures/', 'core/')]


def listed(path):
    """The survivors that are explained: {key: reason}"""
    found = {}
    if os.path.exists(path):
        blocks = re.split(r'\n\s*\n', re.sub(r'^#.*\n?', '', open(path).read(), flags=re.M))
        for block in filter(str.strip, blocks):
            rows = block.strip().split('\n')
            if len(rows) < 4 or rows[1][:2] != '- ' or rows[2][:2] != '+ ':
                sys.exit('%s: not function, - line, + line, reason:\n%s' % (path, block))
            found[rows[0], rows[1][2:], rows[2][2:]] = ' '.join(rows[3:])
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--count', type=int, default=200)
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--build', default='build')
    p.add_argument('--link', default='')
    p.add_argument('--again', action='store_true')
    p.add_argument('--list', action='store_true')
    o = p.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    header = os.path.join(root, 'medvol.h')
    text = open(header).read()
    lines = text.split('\n')
    known = listed(os.path.join(root, 'tests', 'mutants.txt'))
    mutants = draw(all_mutants(text, header), o.seed)
    if o.list:
        for m in mutants[:o.count]:
            print('%s%d\n' % (m.text(), m.index + 1))
        return 0
    os.makedirs(os.path.join(root, o.build, 'mutants'), exist_ok=True)
    log = os.path.join(root, o.build, 'mutants', 'survivors_%d.txt' % o.seed)
    if o.again:
        last = listed_log(log)
        mutants = [m for m in mutants if (m.key(), m.nth) in last]
        o.count = len(mutants)
    names = re.findall(r'X\((\w+)\)', open(os.path.join(root, o.build, 'tests', 'tables.h')).read())
    benches = queue.Queue()
    for n in range(o.jobs):
        benches.put(Bench(root, o.build, n, o.link))

    first = benches.get()
    first.compile(text, SOUND, '../whole.o')
    original = first.compile(text)
    first.link()
    seconds = {}
    for run in sorted(set(x for m in mutants for x in suite(m.section, m.function, names))):
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = first.run(*run, 600)
        if said:
            sys.exit('mutants: the tests fail without any: ' + said)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        seconds[run] = int(10 * used) + 5
    benches.put(first)
    print('%d ways to break the header; the tests pass' % len(mutants), flush=True)

    seen = set()

    def attempt(m):
        bench = benches.get()
        try:
            changed = lines[:m.index] + [m.new] + lines[m.index + 1:]
            digest = bench.compile('\n'.join(changed))
            if digest in (None, original) or digest in seen:
                m.result = 'none'
                return m
            seen.add(digest)
            bench.link()
            m.result = 'survived'
            for run in suite(m.section, m.function, names):
                m.by = bench.run(*run, seconds[run])
                if m.by:
                    m.result = 'killed'
                    break
            return m
        finally:
            benches.put(bench)

    done, survivors, unknown, begin, pool = 0, [], 0, time.time(), iter(mutants)
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as workers:
        running = set()
        while True:
            while len(running) < o.jobs and done + len(running) < o.count:
                m = next(pool, None)
                if m is None:
                    break
                running.add(workers.submit(attempt, m))
            if not running:
                break
            ready, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for f in ready:
                m = f.result()
                if m.result == 'none':
                    continue
                done += 1
                if m.result == 'survived':
                    survivors.append(m)
                print('%3d %5.0f s  medvol.h:%d %s: %s' % (done, time.time() - begin, m.index + 1, m.result,
                      m.by or ' '.join(m.new.split())), flush=True)
    with open(log, 'w') as f:
        for m in survivors:
            f.write('%s%d %d\n\n' % (m.text(), m.index + 1, m.nth))
    for m in survivors:
        if m.key() not in known:
            unknown += 1
            print('survived, not in tests/mutants.txt (medvol.h:%d):\n%s' % (m.index + 1, m.text()))
    keys = {m.key() for m in mutants} if not o.again else set(known)
    stale = [k for k in known if k not in keys]
    for k in stale:
        print('tests/mutants.txt: no longer in the header:\n%s\n- %s\n+ %s\n' % k)
    killed = done - len(survivors)
    print('seed %d: %d of %d mutants killed, %d survivors explained, %d not' % (
        o.seed, killed, done, len(survivors) - unknown, unknown))
    return int((killed < 0.9 * done and not o.again) or bool(unknown) or bool(stale))


def listed_log(path):
    found = set()
    for block in filter(str.strip, open(path).read().split('\n\n')):
        rows = block.strip().split('\n')
        found.add(((rows[0], rows[1][2:], rows[2][2:]), int(rows[3].split()[1])))
    return found


if __name__ == '__main__':
    sys.exit(main())
