# Verbs in one line each; what needs more than a line lives in xtask.

# List the recipes.
default:
    @just --list --unsorted

# Run the demonstration.
demo *args:
    cargo demo {{ args }}

# Run every test.
test *args:
    cargo tests {{ args }}

# Fuzz one target under libFuzzer: docs/testing.md.
fuzz target *args:
    cargo +nightly fuzz run {{ target }} {{ args }}

# Mutants of one crate, math or risk, that its tests let live: docs/mutants.md.
mutants crate *args:
    cargo mutants --package ballast-{{ crate }} {{ args }}
# Random sequences on the ELF: so many instructions, from this seed on.
sequences steps="1000000" seed="1":
    BALLAST_STEPS={{ steps }} BALLAST_SEED={{ seed }} cargo test -p ballast-tests --test sequences random -- --nocapture

# Plant a defect for each invariant, or for those given, and let the sequences find it.
defects *invariants:
    cargo xtask defects {{ invariants }}

# Check what can be checked quickly, in order of how fast it fails.
check: words fmt-check lint deny deps

# Spelling.
words:
    typos

# Format Rust and TOML.
fmt:
    cargo fmt --all && taplo fmt

# Check the format.
fmt-check:
    taplo fmt --check && cargo fmt --all --check

# Lints; warnings fail.
lint:
    cargo lint

# Licences, sources, and who depends on whom.
deny:
    cargo deny --workspace check -A unused-wrapper licenses bans sources

# The engine's own dependencies, and that it needs no std.
deps:
    cargo xtask deps

# Regenerate what is committed: the IDL, then the ELFs: the example is made from it.
gen:
    cargo xtask idl && cargo xtask elf

# Everything a change has to pass.
ci:
    bash .ci/run
