#!/bin/sh
# Compiles the stand-in for the driver's library, with the kernels, into the path that is given: build.sh libcuda.so.1
# CXX names the compiler; without it g++ is taken, or clang++. CXXFLAGS are added.
set -eu
[ $# = 1 ] || { echo "build.sh: name the library that is to be made" >&2; exit 2; }
out=$1
here=$(cd "$(dirname "$0")" && pwd)
kernels=$(cd "$here/../../../../src/GruLM.Cuda/Kernels" && pwd)

for compiler in ${CXX:-g++ clang++}; do
    command -v "$compiler" > /dev/null 2>&1 && break
    compiler=
done
[ -n "$compiler" ] || { echo "build.sh: a C++ compiler is needed (g++ or clang++)" >&2; exit 1; }

flags="-std=c++20 -O2 -g1 -fPIC -fvisibility=hidden -ffp-contract=off -fwrapv -fno-strict-aliasing -fno-math-errno"
flags="$flags -fno-delete-null-pointer-checks -U_FORTIFY_SOURCE"
flags="$flags -Wall -Wno-unknown-pragmas -DGRULM_HOST ${CXXFLAGS:-}"
# Without it fmaf is a call. Results do not depend on it.
grep -qs "^flags.* fma " /proc/cpuinfo && grep -qs "^flags.* avx2 " /proc/cpuinfo && flags="$flags -mavx2 -mfma"
# Wrong addresses and indices in kernels end in a trap, which the executor turns into an error.
traps="-fsanitize=alignment,bounds,shift,integer-divide-by-zero -fsanitize-undefined-trap-on-error"

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
running=
for source in "$here"/*.cpp "$here"/*.cu "$kernels"/*.cu "$kernels"/Hopper/*.cu; do
    [ -e "$source" ] || continue
    more=
    case $source in *.cu) more=$traps ;; esac
    object=$objects/$(basename "$source").o
    # shellcheck disable=SC2086
    "$compiler" $flags $more -x c++ -c "$source" -o "$object" -I "$here" -I "$kernels" &
    running="$running $!"
done

failed=0
for process in $running; do wait "$process" || failed=1; done
[ $failed = 0 ] || { echo "build.sh: $compiler did not compile everything, see above" >&2; exit 1; }
"$compiler" -shared -Wl,-soname,libcuda.so.1 -Wl,-z,defs -o "$out" "$objects"/*.o -lpthread
