# What there is to do here. `make demo` and `make test` do all the set-up themselves.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
ONLY ?=

PROGRAMS = mm-scan-master mm-detect-release mm-crawl mm-update-mirrorlist mm-sync-out mm-mirrorlist-server mm-locks mm-admin
SCRIPTS = .ci/run ci/install-test-programs ci/run-tests ci/timed

bindir = $(DESTDIR)$(PREFIX)/bin
sharedir = $(DESTDIR)$(PREFIX)/share
docdir = $(sharedir)/doc/mirrormanager

.PHONY: help demo check test test-all lib it lib-all it-all fuzz deny bench build install install-files uninstall fmt lint \
  generate

help:
	@echo "make demo                the main job, from a master tree to a client's answer, in a temporary directory"
	@echo "make check               formatting, clippy and unit tests; needs no packages and no root"
	@echo "make test                installs what the tests need (Debian), and runs all checks and tests"
	@echo "make test-all            also the tests that take long, fuzz targets and dependencies (cargo-deny)"
	@echo "make bench [ONLY=area]   scan, crawl, mirrorlist, sync, publiclist: measured against a reference"
	@echo "make install [PREFIX=/usr/local] [DESTDIR=]"
	@echo "make uninstall [PREFIX=/usr/local] [DESTDIR=]"
	@echo "make fmt                 formats the code"
	@echo "make lint                formatting, clippy, rustdoc, shellcheck"
	@echo "make generate            write man pages and completions"

demo:
	$(CARGO) build --quiet --locked --bins --example demo
	target/debug/examples/demo $(DEMO)

check:
	$(CARGO) fmt --check
	$(CARGO) clippy --quiet --locked --all-targets -- -D warnings
	$(CARGO) test --quiet --locked --lib --bins

# What CI runs; under 20 minutes on two cores, from nothing.
test:
	ci/install-test-programs
	MAKE="$(MAKE)" ci/timed lint lib it demo

# Everything.
test-all:
	ci/install-test-programs
	MAKE="$(MAKE)" ci/timed lint lib-all it-all demo fuzz deny

lib:
	ci/run-tests --lib --bins

it:
	ci/run-tests --test it

lib-all:
	ci/run-tests --all --lib --bins

it-all:
	ci/run-tests --all --test it

fuzz:
	$(CARGO) check --locked --manifest-path fuzz/Cargo.toml

deny:
	$(CARGO) deny check

bench:
	$(CARGO) bench --locked --bench bench -- $(ONLY)

build:
	$(CARGO) build --release --locked --bins

install: build install-files
	install -d $(bindir)
	for p in $(PROGRAMS); do install -m 0755 target/release/$$p $(bindir)/ || exit 1; done

# All files but the programs. The example site names programs below $(PREFIX).
install-files:
	install -d $(sharedir)/man/man5 $(sharedir)/man/man8 $(sharedir)/bash-completion/completions \
	  $(sharedir)/zsh/site-functions $(sharedir)/fish/vendor_completions.d $(sharedir)/doc/mirrormanager \
	  $(sharedir)/mirrormanager/rules
	install -m 0644 man/*.5 $(sharedir)/man/man5/
	install -m 0644 man/*.8 $(sharedir)/man/man8/
	install -m 0644 completions/bash/* $(sharedir)/bash-completion/completions/
	install -m 0644 completions/zsh/* $(sharedir)/zsh/site-functions/
	install -m 0644 completions/fish/* $(sharedir)/fish/vendor_completions.d/
	install -m 0644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE examples/mirrormanager.toml examples/registry.toml \
	  $(docdir)/
	for f in examples/site/*.* examples/site/systemd/*; do \
	  sed 's#/usr/local/#$(PREFIX)/#g' $$f > $(docdir)/$${f##*/} && chmod 0644 $(docdir)/$${f##*/} || exit 1; done
	install -m 0644 examples/rules/*.toml $(sharedir)/mirrormanager/rules/

uninstall:
	for p in $(PROGRAMS); do rm -f $(bindir)/$$p $(sharedir)/bash-completion/completions/$$p \
	  $(sharedir)/zsh/site-functions/_$$p $(sharedir)/fish/vendor_completions.d/$$p.fish || exit 1; done
	for m in man/*.5; do rm -f $(sharedir)/man/man5/$${m#man/} || exit 1; done
	for m in man/*.8; do rm -f $(sharedir)/man/man8/$${m#man/} || exit 1; done
	for r in examples/rules/*.toml; do rm -f $(sharedir)/mirrormanager/rules/$${r#examples/rules/} || exit 1; done
	rmdir $(sharedir)/mirrormanager/rules $(sharedir)/mirrormanager 2>/dev/null || :
	rm -rf $(sharedir)/doc/mirrormanager

fmt:
	$(CARGO) fmt

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib --document-private-items
	shellcheck $(SCRIPTS)

generate:
	$(CARGO) run --quiet --locked --example generate
