// What a person is told of work that takes a while, on standard error: what is read, and on a terminal how far it is.

using System.Diagnostics;
using GruLM.Corpus;

namespace GruLM.Cli;

/// <summary>Tells of work; <paramref name="verb"/> is what it does, such as evaluating.</summary>
internal sealed class WorkDisplay(Session session, string verb) : IProgressObserver
{
    private const double SecondsBetweenReports = 0.2;

    private long _last;
    private bool _drawn;

    public void OnPhase(string phase) => session.Error.WriteLine(SettingWords.ToFlags(phase));

    public void OnNotice(string notice) => session.Error.WriteLine("note: " + SettingWords.ToFlags(notice));

    public void OnText(CorpusCounts counts) => CorpusDisplay.Write(counts, session.Error);

    public void OnProgress(long done, long total)
    {
        if (!session.ErrorIsTerminal || Stopwatch.GetElapsedTime(_last).TotalSeconds < SecondsBetweenReports) return;
        (_last, _drawn) = (Stopwatch.GetTimestamp(), true);
        session.Error.Write($"\r{verb} {100.0 * done / total:0}% ");
    }

    /// <summary>Wipes the changing line away.</summary>
    public void Finish()
    {
        if (_drawn) session.Error.Write("\r" + new string(' ', 40) + "\r");
    }
}
