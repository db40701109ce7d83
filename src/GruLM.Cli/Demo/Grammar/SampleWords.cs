// The words of the sample grammar. Within a list no word begins another one (Choice checks it).
// Lists are short and their words interchangeable: what is to be learned is the language, not a dictionary.
namespace GruLM.Cli.Demo;

internal static class SampleWords
{
    public static readonly string[] GirlNames =
        ["Mia", "Anna", "Clara", "Ella", "Ivy", "Lucy", "Nora", "Rosa", "Sofia", "Tilda", "Vera", "Zoe"];
    public static readonly string[] BoyNames =
        ["Ben", "Carl", "David", "Emil", "Felix", "Hugo", "Jonas", "Leo", "Max", "Oscar", "Paul", "Tom"];
    public static readonly Choice Girls = Choice.Falling(GirlNames);
    public static readonly Choice Boys = Choice.Falling(BoyNames);
    public static readonly Choice Names =
        Choice.Falling([.. GirlNames.Zip(BoyNames).SelectMany(pair => new[] { pair.First, pair.Second })]);
    public static readonly Choice Child = Choice.Even("girl", "boy");
    public static readonly Choice PetNames = Choice.Words("Rex Bella Fluffy Tiger Pepper Daisy Snowy Biscuit Rocky Ginger Shadow Lucky");
    public static readonly Choice Relation = Choice.Words("friend cousin neighbour teacher");
    public static readonly Choice Companion = Choice.Words("friend cousin neighbour teacher dog cat goat parrot rabbit donkey pony");
    public static readonly Choice Job = Choice.Words(
        "baker farmer sailor miller doctor painter singer hunter gardener fisher judge guard driver tailor writer "
        + "dancer joiner smith monk clown nurse cook thief spy");

    public static readonly Choice Season = Choice.Words("cold warm rainy sunny windy snowy foggy bright dark grey quiet stormy");
    public static readonly Choice Time = Choice.Words("morning evening afternoon night day summer winter autumn spring");
    public static readonly Choice Day = Choice.Words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");

    private const string PlaceWords =
        "market forest river harbour mill meadow school camp castle beach farm park inn garden island lake tower "
        + "valley bridge church town hill moor port";
    private const string SpotWords =
        "bench barn hedge gate wall well fence shed tree rock pond bush cart stone haystack log steps table oak ditch path roof door tent";
    private const string ThingWords =
        "kite ball drum lamp book coat flute rope hat bell doll cup boat spade button lantern pen pin wheel key net "
        + "toy box scarf ring knife jug fan map";
    private const string FeelingWords =
        "happy sad tired hungry proud afraid angry cold curious glad lonely worried surprised sleepy thirsty excited";
    private const string ColourWords = "red blue green yellow white black brown golden silver pink purple orange grey ivory";
    private const string LookWords =
        "old small round wooden dusty broken mossy crooked heavy painted dry wet long big empty clean new odd plain hollow lost ugly";
    private const string MoreLookWords = "huge tiny thin cold warm dark quiet busy sunny lovely strong sharp";
    private const string NatureWords =
        "fat thin young noisy wild gentle lame shy huge tiny spotted brave clever kind eager funny quiet tall polite "
        + "merry strong rich poor wise mad rude";

    public static readonly Choice Place = Choice.Words(PlaceWords);
    public static readonly Choice Spot = Choice.Words(SpotWords);
    public static readonly Choice Thing = Choice.Words(ThingWords);
    public static readonly Choice Somewhere = Choice.Words($"{SpotWords} {PlaceWords} {ThingWords}");
    public static readonly Choice Near = Choice.Words("behind under beside near above below by at");
    public static readonly Choice Into = Choice.Words("into over past round behind under across");

    public static readonly Choice Feeling = Choice.Words(FeelingWords);
    public static readonly Choice Mood = Choice.Words($"{FeelingWords} {NatureWords}");
    public static readonly Choice Likeness = Choice.Falling(WithArticles($"{ColourWords} {LookWords} {MoreLookWords}"));
    public static readonly Choice Nature = Choice.Falling(WithArticles($"{NatureWords} {FeelingWords}"));
    public static readonly Choice ThingLook = Choice.Words($"{LookWords} {ColourWords} {MoreLookWords}");
    public static readonly Choice PlainLook = Choice.Words($"{LookWords} {MoreLookWords}");
    public static readonly Choice AnimalLook = Choice.Words(
        $"{NatureWords} {ColourWords} old small dusty wet big odd lost ugly hungry sad tired proud angry lonely sleepy");

    public static readonly Choice Animal = Choice.Words(
        "cat dog hen duck goat horse bear bird frog crow lamb mole owl pig crab rabbit turtle squirrel snail kitten "
        + "spider badger swan donkey eel otter robin ant bee cow rat camel");

    public static readonly Choice Food = Choice.Words(
        "apples pears plums eggs nuts buns cakes carrots cherries onions rolls figs grapes lemons peaches pies yams "
        + "tarts dates beans peas");

    public static readonly Choice Number =
        Choice.Words("two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty");
    public static readonly Choice Moved =
        Choice.Words("walked ran hurried went marched skipped wandered strolled crept raced hopped rode danced limped sailed climbed");
    public static readonly Choice Held =
        Choice.Words("carried held had brought found bought took got stole made kept saved wanted loved mended washed");
    public static readonly Choice Did = Choice.Words(
        "sat hid waited played rested jumped ran danced hummed slept dreamed ate drank listened stared rolled sang "
        + "shivered smiled wept laughed yawned "
        + "dug swam knelt stood sneezed grinned snored coughed cheered blinked fished prayed cried talked nodded fell "
        + "spun dived howled hopped paused woke begged cooked knitted read");

    public static readonly Choice Manner = Choice.Words(
        "slowly early quietly happily sadly gladly softly loudly proudly calmly bravely gently late eagerly shyly wildly "
        + "oddly neatly madly nicely rudely boldly warmly wisely alone again there twice");

    public static readonly Choice Fell = Choice.Words("fell rolled flew slipped vanished bounced dropped sank slid tumbled");
    public static readonly Choice Said = Choice.Words("said cried whispered asked shouted answered sobbed sighed sang laughed");

    private static string[] WithArticles(string words) =>
        [.. words.Split(' ').Select(word => ("aeiou".Contains(word[0]) ? "an " : "a ") + word)];
}
