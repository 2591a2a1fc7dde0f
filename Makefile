# medvol: make test | make profile | make demo FILE=brain.nii.gz | make help
CC      ?= cc
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
LDLIBS   = -lm -lpthread
B        = build

.PHONY: test test-cpu golden clean help
.SECONDARY:

help: ## the targets
	@grep -hE '^[a-z0-9_-]+:.*## ' Makefile | sed 's/:.*## /\t/'

$(B):
	@mkdir -p $@

# the implementation, compiled once for tests, examples and bench; STRICT: flags such as -Werror; MEASURE: as budget has it
SOURCE = printf '\#define MEDVOL_IMPLEMENTATION\n\#include "medvol.h"\n'
$(B)/medvol.o: medvol.h | $(B)
	$(SOURCE) | $(MEASURE) $(CC) -std=c99 $(CFLAGS) $(WARN) $(STRICT) -ffp-contract=off -I. -x c -c - -o $@

# SUITES="fft io", in a B of its own: no other is compiled
SUITES = $(patsubst tests/test_%.c,%,$(sort $(wildcard tests/test_*.c)))
$(B)/tests/tables.h: $(wildcard tests/test_*.c)
	@mkdir -p $(@D)
	printf 'X(%s)\n' $(SUITES) > $@
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(B)/tests/fuzzers.h: $(wildcard tests/fuzz/fuzz_*.c)
	@mkdir -p $(@D)
	printf 'X(%s)\n' $(FUZZERS) > $@

$(B)/tests/api.h: tests/api.awk medvol.h
	@mkdir -p $(@D)
	awk -f $^ > $@

TESTS := $(patsubst %,$(B)/tests/%.o,main $(SUITES:%=test_%) \
    $(if $(filter fuzz,$(SUITES)),$(patsubst %,fuzz/%,fuzz seeds $(FUZZERS:%=fuzz_%))))
$(B)/tests/main.o $(B)/tests/test_catalogue.o: $(B)/tests/tables.h
$(B)/tests/test_fuzz.o: $(B)/tests/fuzzers.h
$(B)/tests/%.o: tests/%.c $(wildcard tests/*.h) tests/fuzz/fuzz.h medvol.h $(B)/tests/api.h
	@mkdir -p $(@D)
	$(CC) -std=c99 $(CFLAGS) -O1 $(TEST_FLAGS) $(WARN) -Wno-conversion -ffp-contract=off -I$(B)/tests -c $< -o $@
$(B)/tests/all: $(TESTS) $(B)/medvol.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $^ $(LDLIBS) -o $@

# names that other headers define as macros, near, small and min among them, stay out of the header
$(B)/tests/names: medvol.h tests/units/hostile.h
	@mkdir -p $(@D)
	@$(SOURCE) | $(CC) -std=c99 -I. -include tests/units/hostile.h -fsyntax-only -x c -
	@touch $@

test: test-cpu test-cuda-cpu ## every test of both headers, without a GPU; QUICK=1: without refused memory, kernels in two orders of threads
test-cpu: $(B)/tests/names $(B)/tests/all ## of medvol.h at every SIMD level, with 1, 2 and 5 threads at the best; ALL=1: at each
	@$(B)/tests/all $(if $(ALL),--all) $(if $(QUICK),--without oom/)

golden: $(B)/tests/all ## write tests/golden.txt after MEDVOL_NUMERICS was raised (FORCE=1: without)
	@GOLDEN=$(if $(FORCE),force,write) $(B)/tests/all golden/file --level 1 --threads 1

# ---- programs ----
.PHONY: examples profile demo demo-recon demo-radial demo-register demo-transport flamegraph toc budget test-readme test-programs
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
$(B)/examples/%: examples/%.c examples/example.h medvol.h $(B)/medvol.o
	@mkdir -p $(@D)
	$(CC) -std=c99 $(CFLAGS) $(WARN) -DMEDVOL_LINKED $< $(B)/medvol.o $(LDLIBS) -o $@
$(B)/examples/profile_all: $(wildcard examples/profile_*.c)

examples: $(EXAMPLES) ## every program of examples/, in build/examples

profile: $(B)/examples/profile_all ## every operation, timed against memory; LARGE=1: 512 voxels a side too
	@$< $(ITERATIONS) $(if $(LARGE),--large) $(if $(THREADS),--threads $(THREADS)) $(if $(JSON),--json)

demo: $(B)/examples/preprocess ## one scan prepared and shown; FILE=brain.nii.gz: yours, not a phantom
	@mkdir -p $(B)/demo
	@$< $(FILE) --out $(B)/demo/$(if $(FILE),$(basename $(basename $(notdir $(FILE))))_pre,phantom_pre)

BRAIN = ../shared/data/recon/sigpy_brain_8ch_230x180_ksp.cfl
demo-recon: $(B)/examples/recon ## k-space of eight coils to an image; FILE=brain.cfl: yours, not a phantom
	@mkdir -p $(B)/demo
	@$< $(or $(FILE),$(wildcard $(BRAIN))) --out $(B)/demo/recon

demo-radial: $(B)/examples/radial ## 64 spokes of eight coils: gridding, CG-SENSE, l1-wavelet beside each other; FILE=head.nii.gz: its middle plane; a series
	@mkdir -p $(B)/demo
	@$< --out $(B)/demo/radial_phantom
	@$(if $(or $(FILE),$(wildcard $(HEAD))),$< $(or $(FILE),$(wildcard $(HEAD))) --out $(B)/demo/radial)
	@$< --series 40 --size 192 --out $(B)/demo/radial_series

HEAD = ../shared/data/nifti/ch2.nii.gz
demo-register: $(B)/examples/register ## a head onto a bent copy of itself; FILE=brain.nii.gz: yours, not a phantom
	@mkdir -p $(B)/demo
	@$< $(or $(FILE),$(wildcard $(HEAD))) --out $(B)/demo/registered

demo-transport: $(B)/examples/transport ## proton beams of 70 and 150 MeV in water: dose, curve, picture
	@mkdir -p $(B)/demo
	@$< --energy 70 --out $(B)/demo/transport_70
	@$< --energy 150 --out $(B)/demo/transport_150

# Where the time goes: OP=crop_pad SIZE=256. Frame pointers, so that perf can walk the stack.
OP   ?= z_norm
SIZE ?= 256
FLAME = $(B)/flame/$(OP)
flamegraph: | $(B) ## perf report and flame graph of one profiler: OP=crop_pad SIZE=256
	@command -v perf >/dev/null || { echo "flamegraph: perf is not installed"; exit 9; }
	@mkdir -p $(B)/flame
	$(CC) -std=c99 $(CFLAGS) -fno-omit-frame-pointer examples/profile_$(OP).c $(LDLIBS) -o $(FLAME)
	perf record -q -g -F 2000 -o $(FLAME).data $(FLAME) $(SIZE) $(or $(ITERATIONS),50) --no-floor
	perf script -i $(FLAME).data > $(FLAME).perf.txt
	perf report -i $(FLAME).data --stdio --no-children -g none --percent-limit 0.5 2>/dev/null | \
	    grep -v '^#' | grep . | tee $(FLAME).txt
	awk -v title="profile_$(OP) $(SIZE)" -f examples/flamegraph.awk $(FLAME).perf.txt > $(FLAME).svg
	@echo "$(FLAME).svg (open in a browser), $(OP).txt, $(OP).perf.txt (for speedscope)"

# ---- bench ----
.PHONY: bench bench-kernels bench-report test-bench test-regression baseline-update baseline-report
BENCH_ROWS := $(patsubst bench/%.c,$(B)/bench/%.o,$(wildcard bench/rows_*.c))
BENCH_CC = $(CC) -std=gnu11 $(CFLAGS) $(WARN) -Wno-conversion -Wno-missing-field-initializers
BENCH_NEEDS = bench/bench.c bench/bench.h bench/floors.h bench/detect.h examples/example.h $(BENCH_ROWS) \
    $(B)/medvol.o
BENCH_LINK = $(BENCH_CC) -DMEDVOL_LINKED '-DBENCH_FLAGS="$(CFLAGS)"' -I$(B)/tests bench/bench.c $(BENCH_ROWS) $(B)/medvol.o
$(B)/bench/rows_%.o: bench/rows_%.c bench/bench.h medvol.h $(B)/tests/api.h
	@mkdir -p $(@D)
	$(BENCH_CC) -I$(B)/tests -c $< -o $@
$(B)/bench/bench: $(BENCH_NEEDS)
	$(BENCH_LINK) $(LDLIBS) -o $@
# with every library of bench/peers that is installed
$(B)/bench/bench-peers: $(BENCH_NEEDS) $(wildcard bench/peers/*)
	@CFLAGS="$(CFLAGS) -I$(B)/tests" bash bench/peers/build.sh "$(CC)" "$(CXX)" $(B)/bench/peers
	$(BENCH_LINK) -DBENCH_PEERS -I$(B)/bench/peers $$(cat $(B)/bench/peers/libs) $(LDLIBS) -o $@
BENCH = $(B)/bench/bench$(if $(PEERS),-peers)

bench: $(BENCH) ## every operation beside the machine's floor; PEERS=1: and other libraries; ARGS="--op flip --size 128"
	@$< $(if $(PEERS),--peers) --json $(B)/bench/bench.json $(ARGS)

# plain C as the compiler makes it best, beside the kernels
$(B)/bench/kernels: bench/kernels.c medvol.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O3 -march=native -ffast-math $(WARN) -DKERNELS_PLAIN -c $< -o $@_plain.o
	$(CC) -std=gnu11 $(CFLAGS) $(WARN) -ffp-contract=off -I. $< $@_plain.o $(LDLIBS) -o $@
bench-kernels: $(B)/bench/kernels ## the kernels inside registration alone, beside plain C; ARGS="128 25"
	@$< $(ARGS)

bench-report: $(BENCH) ## the same over sizes 32 to 512 and 1 to all threads, as build/bench/report.md with plots
	@$< $(if $(PEERS),--peers) --size 32,64,128,256,512 --threads 1,0 --seconds 0.5 --json $(B)/bench/report.json $(ARGS)
	@$(PYTHON) bench/report.py --out $(B)/bench $(B)/bench/report.json

test-bench: $(B)/bench/bench $(B)/examples/preprocess ## every row runs and is right, every public call has one; the JSON keeps its contract
	@$< --smoke --size 24
	@$(B)/examples/preprocess --shape 32,28,30 --spacing 5 --quiet --out $(B)/bench/small >/dev/null
	@$< --smoke --file $(B)/bench/small.nii.gz
	@$< --op 'flip|stats' --size 16 --threads 1 --samples 5 --seconds 0.05 --json $(B)/bench/smoke.json >/dev/null
	@$(PYTHON) bench/report.py --out $(B)/bench/smoke $(B)/bench/smoke.json

# What the baseline holds: a size in the caches, one in memory, one thread.
BASELINE = bench/baseline.json
BASELINE_ROWS = --size 64,192 --threads 1 --seconds 1.5
test-regression: $(B)/bench/bench ## is any row slower than bench/baseline.json? RELATIVE=1: written on another machine
	@$< $(BASELINE_ROWS) --compare $(BASELINE) $(if $(RELATIVE),--relative)
baseline-update: test $(B)/bench/bench ## after the tests: measure, print the difference, write bench/baseline.json
	@$(B)/bench/bench $(BASELINE_ROWS) --json $(B)/bench/new.json \
	    $(if $(wildcard $(BASELINE)),--compare $(BASELINE) --relative) || \
	    case $$? in 1) ;; 3) $(B)/bench/bench $(BASELINE_ROWS) --json $(B)/bench/new.json ;; *) exit 1 ;; esac
	@cp $(B)/bench/new.json $(BASELINE)
baseline-report: $(B)/bench/bench ## markdown: speed, share of floor, against baseline and scalar level, verdict
	@$< $(BASELINE_ROWS) --compare $(BASELINE) --relative --json $(B)/bench/now.json >/dev/null || [ $$? = 1 ]
	@$< $(BASELINE_ROWS) --level 1 --json $(B)/bench/scalar.json >/dev/null
	@$(PYTHON) bench/report.py --baseline-report --scalar $(B)/bench/scalar.json $(B)/bench/now.json

# ---- checks of the header itself ----
toc: ## contents and banners agree; every public function is declared in [API]
	@sh tests/toc.sh medvol.h
	@sh tests/toc.sh medvol_cuda.h

$(B)/budget/within: tests/tools/budget.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $< -o $@
budget: $(B)/budget/within ## the implementation compiles within 100 s (WITHIN=) and 1 GB
	@rm -f $(B)/budget/medvol.o
	@$(MAKE) --no-print-directory B=$(B)/budget CFLAGS=-O2 MEASURE="$< $(or $(WITHIN),100) 1024" $(B)/budget/medvol.o

test-readme: $(B)/medvol.o ## the code of README.md compiles and runs; QUICK=1: with kernels of one level, not optimised
	@CC="$(CC)$(if $(QUICK), -DMEDVOL_MAX_LEVEL=1)" LAST="$(if $(QUICK),-O0)" CXX="$(CXX)" sh tests/readme.sh

test-programs: $(EXAMPLES) ## the programs' results, exit codes, messages; ALONE=1: each by its cc line too
	@CC="$(CC)" ALONE=$(ALONE) bash tests/programs.sh

# ---- trust ----
comma := ,
.PHONY: matrix sanitize lint size fuzz fuzz-long guard oom iofault test-peers coverage mutants
matrix: $(if $(QUICK),$(B)/medvol.o) ## every dialect, compiler, level, configuration and way to include; what the object holds (JOBS=2)
	@JOBS=$(or $(JOBS),2) bash tests/matrix.sh $(if $(QUICK),quick)

# Section layout of the firmware build
ARM = -std=c99 -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard \
    $(foreach no,STDIO MALLOC THREADS MMAP GETENV,-DMEDVOL_NO_$(no))
ARM_FLAGS = $(ARM) -Os -ffreestanding -ffunction-sections
size: ## code size of each section as Cortex-M7 firmware; QUICK=1: of the core and of all
	@CC=arm-none-eabi-gcc SIZE=arm-none-eabi-size FLAGS="$(ARM_FLAGS) $(WARN) -Werror" QUICK=$(QUICK) sh tests/size.sh

# Without inlining each place that asks for something is a call of its own, which the test can tell apart.
OOM_FLAGS = -std=c99 -O0 -g -fno-omit-frame-pointer -no-pie $(WARN) -Wno-conversion -Wno-frame-address \
    -DOOM_SITES
OOM_WRAP = $(foreach f,malloc mmap64 $(addprefix pthread_,create join mutex_init mutex_destroy cond_init \
    cond_destroy),-Wl$(comma)--wrap=$(f))
$(B)/oom/oom: tests/main.c tests/test_oom.c tests/test.h $(B)/tests/api.h medvol.h
	@mkdir -p $(@D)
	@echo 'X(oom)' > $(@D)/tables.h
	$(SOURCE) | $(CC) $(OOM_FLAGS) -DMV__FT_LONG=2048 -DMV__FT_BOX=2000.0 -I. -x c -c - -o $(@D)/medvol.o
	$(CC) $(OOM_FLAGS) -I$(@D) -I$(B)/tests tests/main.c tests/test_oom.c $(@D)/medvol.o $(OOM_WRAP) \
	    $(LDLIBS) -o $@
# as shipped but that small results, too, are written past the caches; counts what runs
$(B)/guard/all: $(TESTS) medvol.h
	@mkdir -p $(@D)
	$(SOURCE) | gcc -std=c99 -O1 -fno-early-inlining --coverage -DMV__NT_BYTES=64 -DMV__FT_LONG=2048 -ffp-contract=off \
	    -w -I. -x c -c - -o $(@D)/medvol.o
	gcc --coverage $(TESTS) $(@D)/medvol.o $(LDLIBS) -o $@
guard: $(B)/tests/all $(B)/guard/all ## every operation between unreadable pages, every kernel run (gcc, gcov); QUICK=1: each seventh length
	@command -v gcov >/dev/null || { echo "guard: gcov is not installed"; exit 9; }
	@GUARD=$(if $(QUICK),7,1) $(B)/tests/all guard/ --threads 1
	@sh tests/guard.sh $(B)/guard

oom: $(B)/oom/oom ## every allocation, thread, lock and map that a call asks for, refused once and for ever
	@sh tests/oom.sh $<

# the system calls of the implementation, in the hands of tests/test_iofault.c
IOFAULT_WRAP = $(foreach f,open64 close stat64 lstat64 fstat64 readlink pread64 write fsync fchmod fchown \
    rename unlink link mmap64 munmap,-Wl$(comma)--wrap=$(f))
$(B)/iofault/iofault: tests/main.c tests/test_iofault.c tests/test.h $(B)/tests/api.h $(B)/medvol.o
	@mkdir -p $(@D)
	@echo 'X(iofault)' > $(@D)/tables.h
	$(CC) -std=c99 $(CFLAGS) $(WARN) -Wno-conversion -DIOFAULT_CALLS -I$(@D) -I$(B)/tests tests/main.c \
	    tests/test_iofault.c $(B)/medvol.o $(IOFAULT_WRAP) $(LDLIBS) -o $@
iofault: ## every step of every load and save failed, hooks and system calls; saves killed at each step
	@[ "$$(uname)" = Linux ] || { echo "iofault: needs Linux, for the linker's --wrap"; exit 9; }
	@$(MAKE) --no-print-directory $(B)/iofault/iofault
	@IOFAULT=1 $(B)/iofault/iofault iofault/

PYTHON ?= /usr/bin/python3
$(B)/gzip_peers: tests/peers/gzip_peers.c $(B)/medvol.o
	$(CC) $(CFLAGS) -I. $^ -lz -ldeflate $(LDLIBS) -o $@
$(B)/lz4_peer: tests/peers/lz4_peer.c $(B)/medvol.o
	$(CC) $(CFLAGS) $(WARN) -Wno-conversion -I. $^ -llz4 $(LDLIBS) -o $@
LZ4_PEER = $(if $(shell printf '\#include <lz4hc.h>\n' | $(CC) -E -x c - >/dev/null 2>&1 && echo 1),$(B)/lz4_peer)
test-peers: $(B)/gzip_peers $(LZ4_PEER) $(B)/examples/preprocess ## against zlib, libdeflate, nibabel, scipy (needs them), liblz4
	@PYTHON=$(PYTHON) bash tests/peers/run.sh $(B)

# In build/fuzz: corpora in corpus_*, findings in TARGET-crash-*, the executions so far in tally. Comparisons are
# not traced: dictionaries know the words, and kernels run four times as fast. inflate and header, the doors for
# hostile bytes, are faster still: optimised, without the sections behind them.
F = $(B)/fuzz
FUZZ_FAST = inflate header load gzip deflate extensions mrd png
FUZZ_ZLIB = $(shell printf '\#include <zlib.h>\n' | clang -E -x c - >/dev/null 2>&1 && echo -DFUZZ_ZLIB)
FUZZ_FLAGS = -g -DFUZZ_ENGINE -DMEDVOL_MAX_LEVEL=$(or $(FUZZ_LEVEL),4) $(FUZZ_ZLIB) -I. -ffp-contract=off \
    -fsanitize=address,undefined,float-cast-overflow -fsanitize-coverage=inline-8bit-counters,pc-table
$(F)/full/% : FUZZ_FLAGS += -O1 -fno-sanitize-recover=all
$(F)/fast/% : FUZZ_FLAGS += -O2 \
    -fsanitize-trap=undefined,float-cast-overflow $(foreach no,INTENSITY SPATIAL RESAMPLE LINALG FFT KSPACE COILS GRAPPA SENSE TRAJECTORY NUFFT ITERATE FILTER FIELD MEASURE STATS REGISTER FLOW NEAREST LANDMARK LAYER CACHE TRANSPORT,-DMEDVOL_NO_$(no))
$(F)/full/medvol.o $(F)/fast/medvol.o: medvol.h
	@mkdir -p $(@D)
	$(SOURCE) | clang $(FUZZ_FLAGS) -x c -c - -o $@
FUZZ_COMPILE = @mkdir -p $(@D); echo "clang $<"; clang $(FUZZ_FLAGS) -c $< -o $@
$(F)/full/%.o: tests/fuzz/%.c tests/fuzz/fuzz.h medvol.h
	$(FUZZ_COMPILE)
$(F)/fast/%.o: tests/fuzz/%.c tests/fuzz/fuzz.h medvol.h
	$(FUZZ_COMPILE)
FUZZ_LINK = clang -fsanitize=fuzzer,address,undefined $^ $(if $(FUZZ_ZLIB),-lz) $(LDLIBS) -o $@
$(addprefix $(F)/fuzz_,$(FUZZ_FAST)): $(F)/fuzz_%: $(F)/fast/fuzz_%.o $(F)/fast/fuzz.o $(F)/fast/medvol.o
	$(FUZZ_LINK)
$(F)/fuzz_%: $(F)/full/fuzz_%.o $(F)/full/fuzz.o $(F)/full/medvol.o
	$(FUZZ_LINK)
$(F)/seeds: tests/fuzz/seeds.c tests/fuzz/fuzz.c $(B)/medvol.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -Wno-conversion -DFUZZ_ENGINE -I. $^ $(LDLIBS) -o $@
FUZZ_THESE = $(or $(TARGETS),$(FUZZERS))
FUZZ_PROGRAMS = $(addprefix $(F)/fuzz_,$(FUZZ_THESE)) $(F)/seeds
FUZZ_SECONDS ?= 60
fuzz: ## each fuzzer for FUZZ_SECONDS=60, JOBS=2 at a time (clang with libFuzzer; zlib to compare with); TARGETS="header load": those; FUZZ_LEVEL=2: up to that one
	@bash tests/fuzz/run.sh tools clang
	@$(MAKE) --no-print-directory $(FUZZ_PROGRAMS)
	@SECONDS_EACH=$(FUZZ_SECONDS) JOBS=$(or $(JOBS),2) bash tests/fuzz/run.sh libfuzzer $(F) $(FUZZ_THESE)

# AFL++ reads a file as a program would
$(F)/afl: tests/fuzz/afl.c medvol.h
	@mkdir -p $(@D)
	AFL_USE_ASAN=1 AFL_USE_UBSAN=1 AFL_QUIET=1 afl-clang-fast -O2 -g -I. $< $(LDLIBS) -o $@
fuzz-long: FUZZ_SECONDS = 3600
fuzz-long: ## each fuzzer for FUZZ_SECONDS=3600 on all cores, then AFL++ on files as long; corpora made small
	@bash tests/fuzz/run.sh tools clang afl-fuzz afl-clang-fast
	@$(MAKE) --no-print-directory $(FUZZ_PROGRAMS) $(F)/afl
	@SECONDS_EACH=$(FUZZ_SECONDS) MERGE=1 AFL=1 JOBS=$(or $(JOBS),$$(nproc)) \
	    bash tests/fuzz/run.sh libfuzzer $(F) $(FUZZ_THESE)

sanitize: $(if $(LEAN),$(TESTS)) ## the tests under sanitizers and valgrind: SAN="address memory thread valgrind" chooses; LEAN=1: address and thread see the header alone
	@OBJECTS="$(if $(LEAN),$(TESTS))" bash tests/sanitize.sh $(B)/sanitize \
	    "$(or $(SAN),address memory thread valgrind)" $(ARGS)

lint: $(B)/tests/tables.h $(B)/tests/fuzzers.h $(B)/tests/api.h ## clang-tidy, cppcheck and gcc -fanalyzer: LINTERS="tidy cppcheck analyzer" chooses; QUICK=1: no path analyzer
	@bash tests/lint.sh $(B)/lint "$(or $(LINTERS),tidy cppcheck analyzer)" $(B)/tests $(if $(QUICK),quick)

# the header's object alone is counted: as shipped, but for -O0 and that deflate cuts inputs of 1 MiB, not 1 GiB;
# of the lower levels only the kernels
COVER = $(B)/coverage
COVER_TESTS = $(COVER)/tests/all $(COVER)/iofault/iofault
$(COVER)/medvol.o: medvol.h
	@mkdir -p $(COVER)
	$(SOURCE) | gcc -std=c99 -O0 -g --coverage -fprofile-update=prefer-atomic -ffp-contract=off -w -I. \
	    '-DMV__GZ_STRETCH=((size_t)1<<20)' -x c -c - -o $@
coverage: $(COVER)/medvol.o ## lines and branches that the tests reach (gcovr; AVX-512); build/coverage/index.html
	@for t in gcov gcovr $(PYTHON); do \
	    command -v $$t >/dev/null || { echo "coverage: $$t is not installed"; exit 9; }; done
	@grep -q avx512bw /proc/cpuinfo || { echo "coverage: needs AVX-512, to run the kernels of every level"; exit 9; }
	@$(MAKE) --no-print-directory B=$(COVER) CC=gcc LDLIBS="$(LDLIBS) --coverage" $(COVER_TESTS)
	@rm -f $(COVER)/medvol.gcda
	@$(COVER)/tests/all --threads 2 --level 4
	@for l in 3 2 1; do $(COVER)/tests/all guard/ --threads 1 --level $$l || exit 1; done
	@for t in gzip io; do $(COVER)/tests/all $$t/ --threads 1 --level 4 || exit 1; done
	@$(COVER)/iofault/iofault iofault/
	@gcovr -r . --object-directory $(COVER) $(COVER) --branches --html-details $(COVER)/index.html \
	    --filter medvol.h
	@$(PYTHON) tests/coverage.py $(COVER)

# with the system calls in the hands of the tests
$(B)/mutants/iofault.o: tests/test_iofault.c tests/test.h $(B)/tests/api.h medvol.h
	@mkdir -p $(@D)
	$(CC) -std=c99 $(CFLAGS) $(WARN) -Wno-conversion -DIOFAULT_CALLS -I$(B)/tests -c $< -o $@
mutants: $(TESTS) $(B)/mutants/iofault.o ## does a broken header fail the tests? 200 of them: SEED=1 (gcc, Python; 8 minutes)
	@$(PYTHON) tests/mutants.py --build $(B) --seed $(or $(SEED),1) --jobs $(or $(JOBS),2) \
	    --link="$(IOFAULT_WRAP)"

# ---- bench in Python ----
# the header for ctypes (bench/medvol.py), the peers of PyPI, the table; PYTHON makes build/venv
.PHONY: bench-python test-bench-python bench-registration test-bench-registration
# compilers make code for any address by default; for one that does not: CFLAGS="-O2 -g -fPIC"
$(B)/libmedvol.so: $(B)/medvol.o
	$(CC) -shared $^ $(LDLIBS) -o $@
VENV = $(B)/venv
$(VENV)/.done: bench/requirements.txt
$(VENV)-registration/.done: bench/requirements-registration.txt
$(VENV)/.done $(VENV)-registration/.done:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install -q -r $< || grep '^[^\#]' $< | while read -r p; do \
	    $(@D)/bin/pip install -q "$$p" || echo "cannot be had: $$p"; done
	@touch $@
bench-python: $(VENV)/.done $(B)/libmedvol.so ## against numpy, torch, OpenCV, ITK, MONAI ... (ARGS="--help")
	@$(VENV)/bin/python bench/bench_python.py $(ARGS)
test-bench-python: $(B)/libmedvol.so ## the ctypes wrapper, the results of Python peers (needs numpy)
	@$(PYTHON) -c 'import numpy' || { echo "$@: numpy is not installed for $(PYTHON)"; exit 9; }
	@$(PYTHON) bench/test_medvol.py
	@$(PYTHON) bench/bench_python.py --smoke
bench-registration: $(VENV)-registration/.done $(B)/libmedvol.so ## errors and time to reach them against elastix, ITK, greedy, ANTs; ARGS="--full --size 128 --fresh 5"
	@$(VENV)-registration/bin/python bench/registration.py $(ARGS)
test-bench-registration: $(B)/libmedvol.so ## the same on a phantom of 48 a side, ours alone: is the harness right, are errors small (needs numpy)?
	@$(PYTHON) -c 'import numpy' || { echo "$@: numpy is not installed for $(PYTHON)"; exit 9; }
	@$(PYTHON) bench/registration.py --smoke

# ---- CUDA ----
# medvol_cuda.h: compiled for GPUs where nvcc is; its kernels run on the processor by tests/cuda_cpu.h
.PHONY: cuda test-cuda-cpu test-cuda
NVCC ?= $(firstword $(wildcard /usr/local/cuda/bin/nvcc) nvcc)
CU = $(B)/cuda
CU_SOURCE = printf '\#define MEDVOL_CUDA_IMPLEMENTATION\n\#include "medvol_cuda.h"\n'
CU_CC = $(NVCC) -O2 -I. -Werror all-warnings -Xcompiler -Wall,-Wextra
$(CU)/impl.cu: | $(B)
	@mkdir -p $(@D)
	@$(CU_SOURCE) > $@
# for all at once, as programs are built for GPUs that are and that come; registers, spills and stack are read from what
# ptxas says, the rest from the machine code that is kept
CU_ARCHS = 75 80 90
$(CU)/impl.o: $(CU)/impl.cu medvol_cuda.h medvol.h
	@rm -rf $(CU)/kept && mkdir -p $(CU)/kept
	$(CU_CC) -std=c++11 $(foreach a,$(CU_ARCHS),-gencode arch=compute_$a,code=sm_$a) -gencode arch=compute_90,code=compute_90 \
	    --threads $(or $(JOBS),2) --keep --keep-dir $(CU)/kept -Xptxas -v -c $< -o $@ > $(CU)/ptxas.txt 2>&1 || \
	    { cat $(CU)/ptxas.txt; rm -f $@; exit 1; }
	@! grep -E 'stack frame' $(CU)/ptxas.txt | grep -vE '^ *0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads' || \
	    { echo "a kernel spills or has a stack: $(CU)/ptxas.txt"; rm -f $@; exit 1; }
cuda: ## medvol_cuda.h by nvcc: sm_75, sm_80, sm_90, PTX; no warning, spill, stack; 16-byte accesses where promised
	@command -v $(NVCC) >/dev/null || { echo "cuda: nvcc is not installed"; exit 9; }
	@$(MAKE) --no-print-directory $(CU)/impl.o
	@$(PYTHON) tests/cuda_sass.py $(CU)/kept/*.cubin
# The tests are programs of the public header; what runs the kernels is linked to them: the emulation, also one that
# looks at every access (races, uninitialised reads, bounds), with fused multiply-adds, as nvcc makes them; or a GPU.
CU_SUITES = $(patsubst tests/test_cuda_%.cpp,%,$(wildcard tests/test_cuda_*.cpp))
CU_TESTS = $(CU)/main.o $(CU_SUITES:%=$(CU)/test_%.o)
CU_KINDS = cpu check own
# and rows of lags in many batches
CU_FLAGS_check = -fsanitize=thread -DMV__CU_CR_BATCH=16384 -ffp-contract=fast $(shell grep -qw fma /proc/cpuinfo 2>/dev/null && echo -mfma)
CU_FLAGS_own = -O0 -DMEDVOL_CUDA_NO_CUFFT # [FFT] without cuFFT: its suite alone
$(CU)/test_%.o: tests/test_cuda_%.cpp tests/cuda_test.h tests/cuda_cpu.h medvol_cuda.h medvol.h
	@mkdir -p $(@D)
	$(CXX) -std=c++11 $(CFLAGS) -O1 $(WARN) -I. -Itests -c $< -o $@
$(CU)/main.o: tests/cuda_main.cpp tests/cuda_test.h tests/cuda_cpu.h medvol_cuda.h medvol.h
	@mkdir -p $(@D)
	$(CXX) -std=c++11 $(CFLAGS) -O1 $(WARN) -I. -Itests -c $< -o $@
# -fPIC: for build/libmedvol_cuda_emulated.so; -O1: -O2 takes longer to compile than it
# saves; what is read uninitialised the check build knows, g++ guesses
$(CU)/impl_%.o: tests/cuda_impl.cu examples/example_cuda.h tests/cuda_cpu.h medvol_cuda.h medvol.h
	@mkdir -p $(@D)
	$(CXX) -x c++ -std=c++11 $(CFLAGS) -O1 -fPIC $(WARN) -Wno-maybe-uninitialized '-DMEDVOL_CUDA_EMULATION="cuda_cpu.h"' -I. -Itests \
	    $(CU_FLAGS_$*) -c $< -o $@
$(CU)/test_cuda_%: $(CU)/impl_%.o $(CU_TESTS) $(B)/medvol.o
	$(CXX) $^ $(LDLIBS) -o $@
.PRECIOUS: $(CU)/impl_%.o $(CU)/test_%.o
test-cuda-cpu: $(CU_KINDS:%=$(CU)/test_cuda_%) ## the kernels of medvol_cuda.h on the processor, beside medvol.h, every access looked at; PART=znorm: only these
	@echo '#include "medvol_cuda.h"' | $(CC) -std=c99 $(WARN) -Werror -I. -fsyntax-only -x c -
	@for name in $$(nm -u $(CU_TESTS) | grep -o 'emu_[a-z_]*' | sort -u); do grep -q "^[a-z].*[ *]$$name(.*}$$" tests/cuda_impl.cu || \
	    { echo "tests/cuda_impl.cu: on a GPU the tests lack $$name"; exit 1; }; done
	@$(if $(filter-out fft%,$(PART)),:,$(CU)/test_cuda_own $(or $(PART),fft/))
	@ORDERS=1 $(CU)/test_cuda_check $(PART)
	@$(if $(QUICK),ORDERS=2) $(CU)/test_cuda_cpu $(PART)
$(CU)/impl_gpu.o: tests/cuda_impl.cu examples/example_cuda.h medvol_cuda.h medvol.h
	@mkdir -p $(@D)
	$(NVCC) -O2 -Xcompiler -fPIC -I. -arch=$(CU_ARCH) -c $< -o $@
$(CU)/test_cuda_gpu: $(CU)/impl_gpu.o $(CU_TESTS) $(B)/medvol.o
	$(NVCC) $^ -lcufft -lm -lpthread -o $@
# tests provoke errors of the runtime on purpose: these are not reported
SANITIZE = more=; [ $$0 != memcheck ] || more="--report-api-errors no"; log=$(CU)/$$0_$$(echo $$1 | tr / _).log; \
    compute-sanitizer --tool $$0 $$more --error-exitcode 1 $(CU)/test_cuda_gpu $$1 > $$log 2>&1 || { cat $$log; exit 1; }
test-cuda: ## the same tests on a GPU, then part by part under compute-sanitizer where there is one, JOBS=8 at once; PART=znorm: only these; SHARE=1: long loops whole there too
	@command -v $(NVCC) >/dev/null || { echo "test-cuda: nvcc is not installed"; exit 9; }
	@nvidia-smi -L 2>/dev/null | grep -q GPU || { echo "test-cuda: there is no GPU"; exit 9; }
	@$(MAKE) --no-print-directory $(CU)/test_cuda_gpu
	@$(CU)/test_cuda_gpu $(PART)
	@! command -v compute-sanitizer >/dev/null || for tool in racecheck memcheck initcheck; do \
	    $(CU)/test_cuda_gpu --list | grep -F "$(PART)" | sed "s|^|$$tool |"; done | \
	    ORDERS=1 SHARE=$(or $(SHARE),3) xargs -r -P $(or $(JOBS),1) -n 2 sh -c '$(SANITIZE)'

# ---- CUDA: programs, the libraries for Python; CU_ARCH=sm_90: for another GPU than the one here ----
.PHONY: profile_cuda pipeline_cuda bench-cuda test-cuda-programs
CU_ARCH = native
CU_LIBS = $(if $(shell grep -l 'include <cufft.h>' medvol_cuda.h),-lcufft)
CU_PROGRAMS = profile_cuda pipeline_cuda
CU_PROGRAM_NEEDS = examples/example_cuda.h examples/example.h medvol_cuda.h medvol.h $(B)/medvol.o
has_nvcc = command -v $(NVCC) >/dev/null || { echo "$@: nvcc is not installed"; exit 9; }
$(CU_PROGRAMS:%=$(B)/examples/%): $(B)/examples/%: examples/%.cu $(CU)/impl_gpu.o $(CU_PROGRAM_NEEDS)
	@mkdir -p $(@D)
	$(NVCC) -O2 -arch=$(CU_ARCH) -DMEDVOL_CUDA_LINKED $< $(CU)/impl_gpu.o $(B)/medvol.o $(CU_LIBS) -o $@
$(CU_PROGRAMS:%=$(CU)/%_cpu): $(CU)/%_cpu: examples/%.cu $(CU)/impl_cpu.o $(CU_PROGRAM_NEEDS)
	$(CXX) -std=c++11 $(CFLAGS) -O1 $(WARN) -Wno-pedantic -DMEDVOL_CUDA_LINKED -x c++ $< -x none \
	    $(CU)/impl_cpu.o $(B)/medvol.o $(LDLIBS) -o $@
profile_cuda: ## every operation of medvol_cuda.h on this GPU beside the speed of copies; ARGS="--size 256 --only resample --graph"
	@$(has_nvcc)
	@$(MAKE) --no-print-directory $(B)/examples/$@
	@$(B)/examples/$@ $(ARGS)
pipeline_cuda: ## scans made ready on this GPU, one graph for all; FILE="a.nii.gz b.nii.gz": yours, not phantoms
	@$(has_nvcc)
	@$(MAKE) --no-print-directory $(B)/examples/$@
	@mkdir -p $(B)/demo
	@$(B)/examples/$@ $(FILE) --folder $(B)/demo $(ARGS)
# both headers in one, which calls itself: -Bsymbolic
$(B)/libmedvol_cuda.so: $(CU)/impl_gpu.o $(B)/medvol.o
	$(NVCC) -shared -arch=$(CU_ARCH) -Xlinker -Bsymbolic $^ $(CU_LIBS) -lm -lpthread -o $@
$(B)/libmedvol_cuda_emulated.so: $(CU)/impl_cpu.o $(B)/medvol.o
	$(CXX) -shared -Wl,-Bsymbolic $^ $(LDLIBS) -o $@
bench-cuda: ## medvol_cuda.h beside CuPy, PyTorch, cuCIM, FireANTs on this GPU, as far as PYTHON has them; ARGS="--size 256 --op turned"
	@$(has_nvcc)
	@$(MAKE) --no-print-directory $(B)/libmedvol_cuda.so
	@$(PYTHON) bench/bench_cuda.py $(ARGS)
test-cuda-programs: $(CU_PROGRAMS:%=$(CU)/%_cpu) $(B)/libmedvol_cuda_emulated.so ## the programs of medvol_cuda.h and what Python sees of it, emulated (numpy, scipy: its bench too)
	@PYTHON=$(PYTHON) bash tests/cuda_programs.sh $(B)

# ---- FFTW behind the same calls: the suites that transform ----
FFTW = $(B)/fftw
FFTW_SUITES = fft kspace coils grappa sense nufft
$(FFTW)/all: tests/main.c $(FFTW_SUITES:%=tests/test_%.c) $(wildcard tests/*.h) $(B)/tests/api.h medvol.h
	@mkdir -p $(@D)
	printf 'X(%s)\n' $(FFTW_SUITES) > $(@D)/tables.h
	$(SOURCE) | $(CC) -std=c99 $(CFLAGS) -O1 -DMEDVOL_USE_FFTW -DMEDVOL_MAX_LEVEL=2 -ffp-contract=off -I. -x c \
	    -c - -o $(@D)/medvol.o
	$(CC) -std=c99 $(CFLAGS) -O1 -DMEDVOL_USE_FFTW -ffp-contract=off -I$(@D) -I$(B)/tests $(filter %.c,$^) \
	    $(@D)/medvol.o -lfftw3f -lfftw3 $(LDLIBS) -o $@
.PHONY: test-fftw
test-fftw: ## with MEDVOL_USE_FFTW: what rests on Fourier transforms (libfftw3-dev; ARGS="--threads 2")
	@echo '#include <fftw3.h>' | $(CC) -fsyntax-only -x c - 2>/dev/null || \
	    { echo "$@: fftw3.h is not installed (package libfftw3-dev)"; exit 9; }
	@$(MAKE) --no-print-directory $(FFTW)/all
	@for part in $(FFTW_SUITES); do $(FFTW)/all $$part/ $(ARGS) || exit 1; done

# ---- other machines: the whole tests there, by emulation; ARGS="--threads 2" ----
.PHONY: test-32bit test-be test-arm test-arm64 test-armv7 test-riscv test-windows
# $(call need,PROGRAM,PACKAGE); $(call port,FOLDER,COMPILER,CFLAGS,EMULATOR)
need = command -v $(1) >/dev/null || { echo "$@: $(1) is not installed (package $(2))"; exit 9; }
define port
	@$(MAKE) --no-print-directory B=$(B)/$(1) TEST_FLAGS=$(if $(LEAN),-fno-sanitize=all) CC=$(2) CFLAGS="$(3)" $(B)/$(1)/tests/all
	@ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16 $(4) $(B)/$(1)/tests/all $(ARGS)
endef
PORT_SAN = -fno-sanitize-recover=all -fsanitize=undefined

LIB32 ?= /usr/i686-linux-gnu/lib
LINK32 = -Wl,-rpath$(comma)$(LIB32) -Wl,--dynamic-linker=$(LIB32)/ld-linux.so.2
test-32bit: ## on 32-bit x86, natively, under ASan and UBSan; LEVEL=2: up to that one; LEAN=1: the header alone
	@$(call need,i686-linux-gnu-gcc,gcc-i686-linux-gnu)
	$(call port,x86_32,i686-linux-gnu-gcc,-O1 -g1 -DMEDVOL_MAX_LEVEL=$(or $(LEVEL),4) $(PORT_SAN)$(comma)address $(LINK32))

test-be: ## on s390x, which is big-endian
	@$(call need,s390x-linux-gnu-gcc,gcc-s390x-linux-gnu)
	@$(call need,qemu-s390x,qemu-user)
	$(call port,s390x,s390x-linux-gnu-gcc,-O2 -static,qemu-s390x)

test-arm: test-arm64 test-armv7 ## on AArch64 (NEON and scalar) and on ARMv7
test-arm64:
	@$(call need,aarch64-linux-gnu-gcc,gcc-aarch64-linux-gnu)
	@$(call need,qemu-aarch64,qemu-user)
	$(call port,arm64,aarch64-linux-gnu-gcc,-O2 -static,qemu-aarch64)
test-armv7:
	@$(call need,arm-linux-gnueabihf-gcc,gcc-arm-linux-gnueabihf)
	@$(call need,qemu-arm,qemu-user)
	$(call port,armv7,arm-linux-gnueabihf-gcc,-O2 -static,qemu-arm)

test-riscv: ## on 64-bit RISC-V
	@$(call need,riscv64-linux-gnu-gcc,gcc-riscv64-linux-gnu)
	@$(call need,qemu-riscv64,qemu-user)
	$(call port,riscv64,riscv64-linux-gnu-gcc,-O2 -static,qemu-riscv64)

# a prefix of its own, so that nobody's is touched
test-windows: ## on 64-bit Windows, by wine
	@$(call need,x86_64-w64-mingw32-gcc,gcc-mingw-w64-x86-64)
	@$(call need,wine,wine and wine64)
	@$(MAKE) --no-print-directory B=$(B)/win64 CC=x86_64-w64-mingw32-gcc CFLAGS="-O2 -static" $(B)/win64/tests/all
	@WINEPREFIX=$(CURDIR)/$(B)/win64/wine WINEDEBUG=-all wine $(B)/win64/tests/all.exe $(ARGS)

# One program for each table of tests: together they need more memory than the machine has. The header is
# compiled as for `make size`; the tests, with newlib, give it memory and files through the context.
FW = $(B)/firmware
FW_CC = arm-none-eabi-gcc $(ARM) $(WARN) -Wno-conversion
FW_TABLES = $(filter-out windows,$(SUITES))
FW_NEEDS = $(wildcard tests/*.h tests/fuzz/fuzz.h) medvol.h $(B)/tests/api.h $(B)/tests/fuzzers.h
$(FW)/medvol.o: medvol.h
	@mkdir -p $(@D)
	$(SOURCE) | arm-none-eabi-gcc $(ARM_FLAGS) $(WARN) -I. -x c -c - -o $@
$(FW)/%/tables.h: tests/test_%.c
	@mkdir -p $(@D)/build/tmp/iofault
	@echo 'X($*)' > $@
$(FW)/%/test.o: tests/test_%.c $(FW)/%/tables.h $(FW_NEEDS)
	$(FW_CC) -O1 -ffp-contract=off -I$(@D) -I$(B)/tests -c $< -o $@
$(FW)/%/main.o: tests/main.c tests/firmware/misfits.h $(FW)/%/tables.h $(FW_NEEDS)
	@$(FW_CC) -O1 -ffp-contract=off -I$(@D) -I$(B)/tests -c $< -o $@
$(FW)/fuzzers/%.o: tests/fuzz/%.c $(FW_NEEDS)
	@mkdir -p $(@D)
	$(FW_CC) -O1 -ffp-contract=off -I$(B)/tests -c $< -o $@
$(FW)/board.o: tests/firmware/board.c $(FW_NEEDS)
	@mkdir -p $(@D)
	$(FW_CC) -O1 -I$(B)/tests -c $< -o $@
$(FW)/%/all.elf: $(FW)/%/test.o $(FW)/%/main.o $(FW)/board.o $(FW)/medvol.o tests/firmware/link.ld
	@$(FW_CC) --specs=rdimon.specs -nostartfiles -T tests/firmware/link.ld $(filter %.o,$^) -lm -o $@
$(FW)/fuzz/all.elf: $(patsubst %,$(FW)/fuzzers/%.o,fuzz seeds $(FUZZERS:%=fuzz_%))
.PHONY: test-firmware
test-firmware: ## as firmware: a Cortex-M7 without files, malloc and threads (JOBS=2, TABLES="io gzip")
	@$(call need,arm-none-eabi-gcc,gcc-arm-none-eabi)
	@$(call need,qemu-system-arm,qemu-system-arm)
	@echo '#include <stdio.h>' | arm-none-eabi-gcc $(ARM) -fsyntax-only -x c - 2>/dev/null || \
	    { echo "$@: newlib is not installed (package libnewlib-arm-none-eabi)"; exit 9; }
	@$(MAKE) --no-print-directory $(patsubst %,$(FW)/%/all.elf,$(or $(TABLES),$(FW_TABLES)))
	@JOBS=$(or $(JOBS),2) bash tests/firmware/run.sh $(FW) $(or $(TABLES),$(FW_TABLES))

# ---- CUDA, emulated ----
.PHONY: test-cuda-emulation
test-cuda-emulation: $(B)/medvol.o ## the stand-in for CUDA: planted bugs are found, right kernels are let be (gcc, clang)
	@sh tests/cuda_emulation.sh $(B)

clean: ## remove build/
	rm -rf $(B)
