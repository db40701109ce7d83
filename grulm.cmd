@echo off
rem Builds GruLM when a source is newer than the last build, then runs it; arguments and exit code pass through unchanged.
rem The plain twin of the shell script beside it: MSBuild itself finds out what is new, which takes some seconds; with
rem GRULM_NO_BUILD set, the last build is run as it is. What the build has to say goes to standard error.
setlocal
set "root=%~dp0"
set "app=%root%src\GruLM.Cli\bin\Release\net10.0\GruLM.Cli.dll"
where dotnet >nul 2>nul
if errorlevel 1 (
  echo grulm: 'dotnet' was not found; install the .NET 10 SDK ^(dotnet.microsoft.com^) and put it on the PATH 1>&2
  exit /b 1
)
if defined GRULM_NO_BUILD if exist "%app%" goto run
dotnet msbuild "%root%src\GruLM.Cli\GruLM.Cli.csproj" -restore -p:Configuration=Release ^
  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -verbosity:quiet -nologo 1>&2
if errorlevel 1 exit /b 1
:run
rem What messages call this program.
if not defined GRULM_COMMAND set "GRULM_COMMAND=grulm"
dotnet "%app%" %*
exit /b %errorlevel%
