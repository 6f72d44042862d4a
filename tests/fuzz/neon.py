#!/usr/bin/env python3
"""The reader on another kind of CPU: the JSON room and its fuzz target, built for 64-bit ARM, read their seeds under qemu: NEON, plain C
and the careful lane say the same. Skipped, with the reason, where the cross compiler or qemu is not."""
import pathlib, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"


def main():
    print("1..1")
    missing = [tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None]
    if missing:
        print(f"ok 1 - neon # SKIP {' and '.join(missing)} not here: tools/install-deps test")
        return 0
    sources = [p for folder in ("json", "base") for p in sorted((ROOT / "src/kit" / folder).glob("*.c"))
               if not p.stem.endswith(("sse42", "avx2", "avx512"))]
    sources += [ROOT / "tests/fuzz" / name for name in ("fuzz_json.c", "replay.c")]
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "fuzz_json"
        subprocess.run([COMPILER, "-std=gnu17", "-O1", "-D_GNU_SOURCE", "-static", "-include", ROOT / "src/kit/base/banned.h", "-I", ROOT / "src",
                        *sources, "-lm", "-o", program], check=True)
        done = subprocess.run([EMULATOR, program, ROOT / "tests/fuzz/corpus/json"], stdout=subprocess.PIPE, text=True)
    good = done.returncode == 0 and done.stdout.count("\nok ") > 10
    print(f"{'ok' if good else 'not ok'} 1 - neon", *done.stdout.splitlines()[-3:], sep="\n# ")
    return 0 if good else 1


sys.exit(main())
