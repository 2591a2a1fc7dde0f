# medvol: make test | make profile | make demo FILE=brain.nii.gz | make help
CC      ?= cc
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
LDLIBS   = -lm -lpthread
B        = build

.PHONY: test golden clean help
.SECONDARY:

help: ## the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

$(B):
	@mkdir -p $@

# the implementation, compiled once for tests, examples and bench
$(B)/medvol.o: medvol.h | $(B)
	printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' | $(CC) -std=c99 $(CFLAGS) $(WARN) -ffp-contract=off -I. -x c -c - -o $@

$(B)/tests/tables.h: $(wildcard tests/test_*.c)
	@mkdir -p $(@D)
	printf 'X(%s)\n' $(patsubst tests/test_%.c,%,$(sort $^)) > $@

TESTS := $(patsubst tests/%.c,$(B)/tests/%.o,$(wildcard tests/*.c))
$(B)/tests/main.o: $(B)/tests/tables.h
$(B)/tests/%.o: tests/%.c $(wildcard tests/*.h) medvol.h
	@mkdir -p $(@D)
	$(CC) -std=c99 $(CFLAGS) $(WARN) -Wno-conversion -I$(B)/tests -c $< -o $@
$(B)/tests/all: $(TESTS) $(B)/medvol.o
	$(CC) $(CFLAGS) $^ $(LDLIBS) -o $@

test: $(B)/tests/all ## every test at every SIMD level, 1, 2 and 5 threads
	@$(B)/tests/all

golden: $(B)/tests/all ## write tests/golden.txt after MEDVOL_NUMERICS was raised (FORCE=1: without)
	@GOLDEN=$(if $(FORCE),force,write) $(B)/tests/all golden/file --level 1 --threads 1

clean: ## remove build/
	rm -rf $(B)
