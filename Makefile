# Configure in conf-*; `make` builds into build/bin, `make test` runs every test,
# `make setup` installs into conf-qmail, `make check` verifies an installation.
# `make -j` is safe. SANITIZE=1 builds with AddressSanitizer and UBSan, into a
# folder of its own.
CXX := $(shell head -n 1 conf-cc)
LD  := $(shell head -n 1 conf-ld)
B   := $(if $(SANITIZE),build/sanitize,build)

# What the sources rely on, whatever conf-cc says.
CXXFLAGS := -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics \
  -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
  -D_GNU_SOURCE -D_GLIBCXX_ASSERTIONS -Isrc -I$(B)/include -Wall -Wextra -Wshadow -Wconversion
# -z now: a dynamic program that forks binds its calls once, and not in each child.
LDFLAGS := -Wl,--gc-sections -Wl,--as-needed -Wl,-z,now
STATIC  := $(LD) -static
CDB     := $(shell $(firstword $(LD)) -print-file-name=libcdb.a)  # whole, in dynamic programs too: they need libc alone
LIBC    := $(shell head -n 1 conf-libc)
LCRYPT  := -lcrypt
ifdef SANITIZE
CXXFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LD       := $(firstword $(CXX)) -g -fsanitize=address,undefined $(B)/sanitizer.o
STATIC   := $(LD)
LIBC     := native
LCRYPT   := -Wl,--no-as-needed -lcrypt  # the sanitizer has a crypt of its own, which calls it
endif

# With musl there are two of every object: S is the folder of those that link statically.
MUSL := $(if $(filter musl auto,$(LIBC)),$(shell sh src/musl.sh $(firstword $(CXX))))
$(if $(MUSL),,$(if $(filter musl,$(LIBC)),$(error conf-libc: musl is not installed)))
S := $(if $(MUSL),$(B)/musl,$(B))
ifneq ($(MUSL),)
STATIC := musl-gcc $(wordlist 2,99,$(LD)) -static
endif

# Every src/*/*.cc that defines main is a program; all the rest is the library.
SOURCES  := $(wildcard src/*/*.cc)
MAINS    := $(shell grep -lE '^int main' $(SOURCES))
SCRIPTS  := $(patsubst %.sh,$(B)/bin/%,$(notdir $(wildcard src/*/*.sh)))
PROGRAMS := $(patsubst %.cc,$(B)/bin/%,$(notdir $(MAINS)))
LIBRARY  := $(patsubst src/%.cc,%.o,$(filter-out $(MAINS),$(SOURCES)))
UNITS    := $(patsubst tests/unit/%.cc,$(B)/tests/%,$(wildcard tests/unit/*_test.cc))
FUZZERS  := $(patsubst tests/fuzz/%_fuzz.cc,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.cc))
# A program whose main includes lib/nss.h needs the system's modules at run time,
# one whose main includes lib/crypt.h needs libcrypt.
including = $(patsubst %.cc,$(B)/bin/%,$(notdir $(shell grep -l '"$(1)"' $(MAINS) /dev/null)))
CRYPT    := $(call including,lib/crypt.h)
DYNAMIC  := $(sort $(call including,lib/nss.h) $(CRYPT))
SEAMS    := $(patsubst $(B)/bin/%,$(B)/seams/%,$(filter-out $(DYNAMIC),$(PROGRAMS)))
BROKEN   := $(patsubst tests/crash/broken/%.sed,$(B)/broken/%/qmail-queue,$(wildcard tests/crash/broken/*.sed))
# Installed as they are, but for the root of the installation in them.
BOOTS    := $(patsubst boot/%,$(B)/boot/%,$(filter-out boot/try,$(shell find boot -type f)))
VPATH    := $(sort $(dir $(MAINS) $(wildcard src/*/*.sh)))

.PHONY: FORCE all setup check units fuzz crash bench test lint clean
.DELETE_ON_ERROR:
.SECONDARY:
all: $(PROGRAMS) $(SCRIPTS) $(BOOTS)
units: $(UNITS)
fuzz: $(FUZZERS)

link = $(1) $(LDFLAGS) -o $@ $< $(filter %/lib.a,$^) $(CDB)
$(filter-out $(DYNAMIC),$(PROGRAMS)): $(B)/bin/%: $(S)/main/%.o $(S)/lib.a conf-ld conf-libc Makefile | $(B)/bin/
	$(call link,$(STATIC))
$(DYNAMIC): $(B)/bin/%: $(B)/main/%.o $(B)/lib.a conf-ld Makefile | $(B)/bin/
	$(call link,$(LD)) $(if $(filter $@,$(CRYPT)),$(LCRYPT))
# A script finds the root of its instance as the programs do.
$(SCRIPTS): $(B)/bin/%: %.sh conf-qmail conf-users conf-groups Makefile | $(B)/bin/
	sed -e "s|@QMAIL@|$$(head -n 1 conf-qmail)|g" -e "s|@USERS@|$$(sed '/^$$/,$$d' conf-users | tr '\n' ' ')|" \
	  -e "s|@GROUPS@|$$(sed '/^$$/,$$d' conf-groups | tr '\n' ' ')|" $< > $@ && chmod 755 $@
$(BOOTS): $(B)/boot/%: boot/% conf-qmail Makefile
	mkdir -p $(@D) && sed "s|/var/qmail|$$(head -n 1 conf-qmail)|g" $< > $@ && chmod $(if $(filter %.service,$@),644,755) $@
$(B)/tests/%: $(S)/tests/%.o $(S)/lib.a conf-ld conf-libc Makefile | $(B)/tests/
	$(call link,$(STATIC))

ifdef SANITIZE
$(PROGRAMS) $(UNITS) $(FUZZERS) $(BROKEN) $(SEAMS): $(B)/sanitizer.o
$(B)/sanitizer.o: tests/sanitizer.cc conf-cc Makefile
	$(call compile,-DREPORTS='"$(abspath $(B))/reports"')
endif

$(B)/fuzz/%: $(S)/tests/%_fuzz.o $(S)/tests/fuzz_main.o $(S)/lib.a conf-ld conf-libc Makefile | $(B)/fuzz/
	$(STATIC) $(LDFLAGS) -o $@ $(filter-out %/sanitizer.o,$(filter %.o %/lib.a,$^)) $(CDB)

# The conf-* files as constants.
$(B)/include/conf.h: conf-qmail conf-split conf-spawn conf-break conf-patrn conf-users conf-groups src/conf.sh
	mkdir -p $(@D) && sh src/conf.sh > $@

# musl's compiler sees no header but the C++ library's, musl's own and this one.
$(B)/include/cdb/cdb.h: /usr/include/cdb.h
	mkdir -p $(@D) && cp $< $@

# What is installed; touched only when that changes.
HEADERS := $(B)/include/conf.h $(B)/include/installed.h $(if $(MUSL),$(B)/include/cdb/cdb.h)
$(B)/include/installed.h: src/installed.sh FORCE
	@mkdir -p $(@D) && sh $< $(notdir $(PROGRAMS) $(SCRIPTS)) -- $(patsubst $(B)/boot/%,%,$(BOOTS)) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

compile = mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(1) -MMD -MP -c -o $@ $<
# Objects in folder $(1), compiled with $(2).
define objects
$(1)/lib.a: $(addprefix $(1)/,$(LIBRARY))
	rm -f $$@ && $(AR) crs $$@ $$^
$(1)/main/%.o: %.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2))
$(1)/tests/%.o: tests/unit/%.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2) -Itests/unit)
$(1)/tests/%.o: tests/fuzz/%.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2) -Itests/fuzz)
$(1)/tests/%.o: tests/crash/%.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2))
$(1)/tests/%.o: tests/bench/%.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2))
$(1)/%.o: src/%.cc conf-cc conf-libc Makefile | $(HEADERS)
	$$(call compile,$(2))
endef
$(eval $(call objects,$(B),))
$(if $(MUSL),$(eval $(call objects,$(S),$(MUSL) -I$(B)/include/cdb)))
$(B)/bin/ $(B)/tests/ $(B)/fuzz/:
	mkdir -p $@

# One runner for all: Debian's pytest (tests/README.md). TESTS=... picks some,
# SANITIZE=1 runs them against that build; what a sanitizer finds is a failure
# even where nobody reads the descriptor it would be printed to.
JOBS  := 2
TESTS := tests
test: all units fuzz crash
	rm -rf $(B)/reports && mkdir -p -m 1777 $(B)/reports
	PYTHONDONTWRITEBYTECODE=1 QMAIL_BUILD=$(abspath $(B)) \
	/usr/bin/python3 -m pytest -c tests/pytest.ini -n $(JOBS) $(TESTS)
	@! cat $(B)/reports/found* 2>/dev/null

# Tools of the crash tests, broken kinds of qmail-queue that they must see, and
# programs whose clock and memory they can move.
crash: $(addprefix $(B)/tests/,killat disklog nosync jailed) $(BROKEN) $(SEAMS)
$(SEAMS): $(B)/seams/%: $(S)/main/%.o $(S)/tests/seams.o $(S)/lib.a conf-ld conf-libc Makefile
	mkdir -p $(@D) && $(STATIC) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=clock_gettime \
	  $(LDFLAGS) -o $@ $(filter-out %/sanitizer.o,$(filter %.o %/lib.a,$^)) $(CDB)
bench: all $(B)/tests/spawner $(B)/tests/slowsync
$(addprefix $(B)/tests/,killat disklog nosync slowsync): $(B)/tests/%: $(B)/tests/%.o $(B)/lib.a  # of the kernel's headers, which musl's compiler does not see
	$(call link,$(LD))
$(B)/broken/%/qmail-queue.cc: src/queue/qmail-queue.cc tests/crash/broken/%.sed
	mkdir -p $(@D) && sed -f $(word 2,$^) $< > $@ && ! cmp -s $< $@
$(B)/broken/%.o: $(B)/broken/%.cc
	$(call compile,$(MUSL))
$(BROKEN): %: %.o $(S)/lib.a
	$(call link,$(STATIC))

# Slower checks than a test may take: clang-tidy with .clang-tidy, of what changed
# since it last found nothing there.
TIDY := $(patsubst src/%.cc,$(B)/tidy/%,$(filter-out src/lib/rt.cc,$(SOURCES)))
lint: $(TIDY)
$(TIDY): $(B)/tidy/%: src/%.cc .clang-tidy $(wildcard src/*/*.h) | $(HEADERS)
	@mkdir -p $(@D)
	clang-tidy --quiet $< -- $(filter-out -f% -W%,$(CXXFLAGS)) -fno-exceptions -fno-rtti && touch $@

# DESTDIR=... installs below that. make check says what is not as it should be.
setup: all
	$(if $(DESTDIR),,$(B)/bin/qmail-mkusers)
	DESTDIR='$(DESTDIR)' $(B)/bin/qmail-install $(B)
check: all
	QMAILHOME='$(DESTDIR)'$$(head -n 1 conf-qmail) $(B)/bin/instcheck

clean:
	rm -rf build
-include $(wildcard $(B)/*/*.d $(B)/musl/*/*.d)
