#!/usr/bin/env bash
# Checks of the packages: they are packed into a folder and installed from there, as a person would do it, into fresh projects: the
# tokenizer alone, the library as a program, trimmed and native, Parquet files, and the command as a tool; and by the commands of
# docs/install.md with no package unpacked before. What they need besides comes from where packages usually come from.
# Run: bash tests/packages/run.sh RESULTS
# RESULTS is a file to which a line a check is added: passed, failed or skipped, and which check.
set -euo pipefail
results=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null
here=$PWD
work=$(mktemp -d)
alone=$(mktemp -d)
trap 'rm -rf "$work" "$alone"' EXIT
touch "$results"

# Of the packages made here nothing may be left elsewhere; all others are taken from where they were unpacked before.
given=${NUGET_PACKAGES:-}
usual=${given:-$HOME/.nuget/packages}
export NUGET_PACKAGES=$work/unpacked
mkdir "$work/packages"
cat >"$work/nuget.config" <<END
<configuration>
  <packageSources><add key="here" value="$work/packages" /></packageSources>
  <fallbackPackageFolders><add key="usual" value="$usual" /></fallbackPackageFolders>
</configuration>
END

say() { echo "package check $2: $1${3:+ ($3)}"; echo "$1 $2" >>"$results"; }
check() { if "$2"; then say passed "$1"; else say failed "$1"; fi; }
quiet() { "$@" >"$work/log.txt" 2>&1 || { cat "$work/log.txt"; return 1; }; }

# Without the variable where it was not set: with it NuGet writes other files, and everything is compiled once more.
pack() (
  if [ -n "$given" ]; then export NUGET_PACKAGES=$given; else unset NUGET_PACKAGES; fi
  quiet dotnet pack GruLM.slnx -o "$work/packages" -v quiet --disable-build-servers -p:RunAnalyzers=false
)

# What stands in a package, one name a line.
names() { python3 -m zipfile -l "$1" 2>/dev/null | awk '{ print $1 }' || unzip -Z1 "$1"; }

contents() {
  local package
  for package in GruLM GruLM.Tokenization GruLM.Parquet GruLM.Tool; do
    names "$work/packages/$package".[0-9]*.nupkg >"$work/names.txt" || return 1
    grep -qx README.md "$work/names.txt" && grep -qx icon.png "$work/names.txt" || return 1
    names "$work/packages/$package".[0-9]*.snupkg | grep -q "\.pdb$" || return 1
  done
  [ "$(ls "$work/packages" | wc -l)" = 8 ] || return 1
  names "$work/packages/GruLM".[0-9]*.nupkg >"$work/names.txt"
  for package in GruLM GruLM.Cuda GruLM.Distributed GruLM.Formats GruLM.Generation GruLM.Kernels GruLM.Model GruLM.Training; do
    grep -qx "lib/net10.0/$package.dll" "$work/names.txt" && grep -qx "lib/net10.0/$package.xml" "$work/names.txt" || return 1
  done
}

# A fresh project: its name and its packages; its program comes from standard input.
project() {
  local name=$1 package references=
  shift
  for package; do references+="<PackageReference Include=\"$package\" Version=\"[$version]\" />"; done
  mkdir -p "$work/$name"
  cat >"$work/$name/$name.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <InvariantGlobalization>true</InvariantGlobalization>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup>$references</ItemGroup>
</Project>
END
  cat >"$work/$name/Program.cs"
}

# The commands of docs/install.md for a program, as they are printed but for the packing: in a folder with no settings around it, and with
# nothing unpacked.
printed() {
  mkdir -p "$alone/clone"
  ln -sfn "$work/packages" "$alone/clone/packages"
  awk '/^## /{ here = /Packages for a program/ } here && /^```$/ { if (block) exit; block = 1; next } block' "$here/docs/install.md" |
    grep -v "^dotnet pack " | sed "s|GRULM|$alone/clone|" >"$alone/commands.sh"
  grep -q "^dotnet add package GruLM$" "$alone/commands.sh" || return 1
  echo "dotnet build -v quiet --disable-build-servers -o ../built" >>"$alone/commands.sh"
  (cd "$alone/clone" && export NUGET_PACKAGES=$alone/unpacked && quiet bash -euo pipefail "$alone/commands.sh") &&
    [ -f "$alone/built/GruLM.dll" ]
}

tokenizer_alone() {
  project Alone GruLM.Tokenization <"$here/tests/packages/Alone.cs"
  (cd "$work/Alone" && quiet dotnet build -v quiet --disable-build-servers -o "$work/alone" && cd "$work" && dotnet alone/Alone.dll) &&
    [ "$(cd "$work/alone" && ls *.dll | tr '\n' ' ')" = "Alone.dll Google.Protobuf.dll GruLM.Tokenization.dll " ]
}

library() {
  project Whole GruLM <"$here/tests/packages/Whole.cs"
  (cd "$work/Whole" && quiet dotnet build -v quiet --disable-build-servers -o "$work/whole" && cd "$work" && dotnet whole/Whole.dll)
}

tables() {
  project Tables GruLM.Parquet <"$here/tests/packages/Tables.cs"
  (cd "$work/Tables" && quiet dotnet build -v quiet --disable-build-servers -o "$work/tables" && cd "$work" && dotnet tables/Tables.dll)
}

publish() { dotnet publish -v quiet --disable-build-servers --use-current-runtime -p:NativeDebugSymbols=false "$@"; }

trimmed() {
  (cd "$work/Whole" && quiet publish -p:PublishTrimmed=true -o "$work/trimmed" && cd "$work" && trimmed/Whole)
}

native() {
  (cd "$work/Whole" && quiet publish -p:PublishAot=true -o "$work/native" && cd "$work" && native/Whole)
}

tool() {
  (cd "$work" && quiet dotnet tool install GruLM.Tool --tool-path "$work/tools" --configfile "$work/nuget.config" &&
    tools/grulm --version && tools/grulm train --data texts.parquet --out-dir by-tool --vocab-size 300 --hidden-dim 16 --emb-dim 16 \
    --num-layers 1 --max-steps 5 --threads 1 2>&1 | tail -n 1 && [ -f by-tool/model.safetensors ])
}

if ! pack; then
  say failed "packing"
  exit
fi
say passed "packing"
version=$(basename "$work"/packages/GruLM.[0-9]*.nupkg .nupkg)
version=${version#GruLM.}
check "what is in the packages" contents
check "the tokenizer alone" tokenizer_alone
check "the library in a program" library
source=$(dotnet nuget list source --format short | sed -n 's/^E \(http[^ ]*\).*/\1/p' | head -n 1)
if [ -n "$source" ] && curl -fsSo /dev/null "$source" 2>/dev/null; then
  check "the library by the commands of docs/install.md" printed
else
  say skipped "the library by the commands of docs/install.md" "no source of packages can be reached"
fi
check "Parquet files in a program" tables
check "the command as a tool" tool
if command -v clang >/dev/null || command -v gcc >/dev/null; then
  check "the library in a trimmed program" trimmed
  check "the library in a native program" native
else
  say skipped "the library in a native program" "there is no C linker"
fi
