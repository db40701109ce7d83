// Turns: one at a time, in the order in which they were asked for, and none after the end.

namespace GruLM.Tests;

public class TurnsTests
{
    private readonly Turns _turns = new();

    [Fact]
    public void Who_asked_first_is_served_first_even_before_the_one_who_asks_again_at_once()
    {
        var order = new List<string>();
        List<Thread> waiting = [];
        using (_turns.Take(this))
        {
            foreach (string name in (string[])["b", "c", "d"]) waiting.Add(Asking(name, order));
        }

        using (_turns.Take(this)) order.Add("a");
        foreach (Thread thread in waiting) thread.Join();
        Assert.Equal(["b", "c", "d", "a"], order);
    }

    [Fact]
    public void After_the_end_nobody_gets_a_turn_and_who_waited_before_it_has_had_his()
    {
        var order = new List<string>();
        Thread waiting;
        using (_turns.Take(this)) waiting = Asking("b", order);
        Assert.True(_turns.End());
        Assert.Equal(["b"], order);
        waiting.Join();
        Assert.False(_turns.End());
        Assert.Equal(nameof(TurnsTests), Assert.Throws<ObjectDisposedException>(() => _turns.Take(this)).ObjectName);
    }

    // A thread that has asked for a turn when this returns, and gets it later.
    private Thread Asking(string name, List<string> order)
    {
        var thread = new Thread(() =>
        {
            using (_turns.Take(this)) order.Add(name);
        });
        thread.Start();
        while (!thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)) Thread.Yield();
        return thread;
    }
}
