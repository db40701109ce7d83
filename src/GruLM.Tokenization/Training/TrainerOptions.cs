// What a tokenizer is trained with: spm_train's flags under their own names in PascalCase, with its defaults, plus the release to follow
// where releases differ. Checking is done here; nothing here reads a corpus.
using System.Globalization;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>The settings of a tokenizer training: spm_train's, with its defaults. Not thread-safe: they are not changed while a training
/// reads them.</summary>
public sealed class TrainerOptions
{
    /// <summary>The input files; only recorded in the model unless training is asked to read them.</summary>
    public IList<string> Input { get; init; } = [];
    /// <summary>The form of the input: <c>text</c> (one sentence a line) or <c>tsv</c> (text, TAB, count). Empty means text.</summary>
    public string InputFormat { get; set; } = "";
    /// <summary>The path of the model to write, without extension; only recorded in the model.</summary>
    public string ModelPrefix { get; set; } = "";
    /// <summary>Which kind of model.</summary>
    public ModelType ModelType { get; set; } = ModelType.Unigram;
    /// <summary>How many pieces.</summary>
    public int VocabSize { get; set; } = 8000;
    /// <summary>Languages, only recorded in the model.</summary>
    public IList<string> AcceptLanguage { get; init; } = [];
    /// <summary>How many specimen texts to store with the model, 0 to 1000.</summary>
    public int SelfTestSampleSize { get; set; }
    /// <summary>The share of characters in the corpus that the vocabulary must cover, 0.98 to 1.</summary>
    public float CharacterCoverage { get; set; } = 0.9995f;
    /// <summary>Train on at most this many sentences; 0 means all.</summary>
    public ulong InputSentenceSize { get; set; }
    /// <summary>Draw those sentences at random rather than taking the first.</summary>
    public bool ShuffleInputSentence { get; set; } = true;
    /// <summary>How many candidate pieces a unigram training begins with.</summary>
    public int SeedSentencepieceSize { get; set; } = 1_000_000;
    /// <summary>Which share of the pieces a unigram training keeps in each round, 0.5 to 0.95.</summary>
    public float ShrinkingFactor { get; set; } = 0.75f;
    /// <summary>In how many parts sums are formed, 1 to 1024. Part of a unigram model's result; how many threads really work is the
    /// machine's affair.</summary>
    public int NumThreads { get; set; } = 16;
    /// <summary>How many processors may work at a time; 0: all. Never part of the result.</summary>
    public int Processors { get; set; }
    /// <summary>How many rounds of expectation and maximisation between two prunings, 1 to 10.</summary>
    public int NumSubIterations { get; set; } = 2;
    /// <summary>Longest piece in characters, 1 to 512.</summary>
    public int MaxSentencepieceLength { get; set; } = 16;
    /// <summary>Sentences of more bytes are skipped, 10 to 2^30.</summary>
    public int MaxSentenceLength { get; set; } = 4192;
    /// <summary>Pieces do not mix scripts.</summary>
    public bool SplitByUnicodeScript { get; set; } = true;
    /// <summary>Digits do not join other scripts' letters (false lets them).</summary>
    public bool SplitByNumber { get; set; } = true;
    /// <summary>Pieces do not cross spaces.</summary>
    public bool SplitByWhitespace { get; set; } = true;
    /// <summary>Every digit is a piece of its own.</summary>
    public bool SplitDigits { get; set; }
    /// <summary>Pieces do not cross this text (0.2 only); empty means none.</summary>
    public string PretokenizationDelimiter { get; set; } = "";
    /// <summary>A space belongs to the word before it.</summary>
    public bool TreatWhitespaceAsSuffix { get; set; }
    /// <summary>Pieces may be runs of spaces.</summary>
    public bool AllowWhitespaceOnlyPieces { get; set; }
    /// <summary>Symbols that text never produces.</summary>
    public IList<string> ControlSymbols { get; init; } = [];
    /// <summary>Symbols that are always one piece.</summary>
    public IList<string> UserDefinedSymbols { get; init; } = [];
    /// <summary>Characters that are in the vocabulary whatever the coverage.</summary>
    public string RequiredChars { get; set; } = "";
    /// <summary>Spell unknown text in bytes.</summary>
    public bool ByteFallback { get; set; }
    /// <summary>Write scores in the <c>.vocab</c> file.</summary>
    public bool VocabularyOutputPieceScore { get; set; } = true;
    /// <summary>Fail where the corpus does not support <see cref="VocabSize"/>; false takes what there is.</summary>
    public bool HardVocabLimit { get; set; } = true;
    /// <summary>Take every word or character (word and char models only).</summary>
    public bool UseAllVocab { get; set; }
    /// <summary>The unknown piece's id.</summary>
    public int UnkId { get; set; }
    /// <summary>The id of the piece that begins a text; -1 for none.</summary>
    public int BosId { get; set; } = 1;
    /// <summary>The id of the piece that ends a text; -1 for none.</summary>
    public int EosId { get; set; } = 2;
    /// <summary>The padding piece's id; -1 for none.</summary>
    public int PadId { get; set; } = -1;
    /// <summary>The unknown piece's name.</summary>
    public string UnkPiece { get; set; } = "<unk>";
    /// <summary>The name of the piece that begins a text.</summary>
    public string BosPiece { get; set; } = "<s>";
    /// <summary>The name of the piece that ends a text.</summary>
    public string EosPiece { get; set; } = "</s>";
    /// <summary>The padding piece's name.</summary>
    public string PadPiece { get; set; } = "<pad>";
    /// <summary>What the unknown piece decodes to.</summary>
    public string UnkSurface { get; set; } = " \u2047 ";
    /// <summary>Recorded in the model; memory is handled the same either way.</summary>
    public bool TrainExtremelyLargeCorpus { get; set; }
    /// <summary>A file of seed pieces for a unigram training (0.2 only): piece, TAB, count a line. Empty means the corpus is
    /// mined.</summary>
    public string SeedSentencepiecesFile { get; set; } = "";
    /// <summary>The normalisation rules: <c>nmt_nfkc</c>, <c>nfkc</c>, <c>nmt_nfkc_cf</c>, <c>nfkc_cf</c> or <c>identity</c>.</summary>
    public string NormalizationRuleName { get; set; } = "nmt_nfkc";
    /// <summary>A file of normalisation rules of one's own; it replaces the named ones.</summary>
    public string NormalizationRuleTsv { get; set; } = "";
    /// <summary>A file of rules that decoding applies to its result.</summary>
    public string DenormalizationRuleTsv { get; set; } = "";
    /// <summary>Put a space before (or after) every text.</summary>
    public bool AddDummyPrefix { get; set; } = true;
    /// <summary>Make runs of spaces one and drop spaces at both ends.</summary>
    public bool RemoveExtraWhitespaces { get; set; } = true;
    /// <summary>Which release to follow where they differ. Not recorded in the model.</summary>
    public Compatibility Compat { get; set; } = Compatibility.V02;
    /// <summary>The seed of the draw of specimen texts.</summary>
    public uint SelfTestSeed { get; set; }

    /// <summary>Sentences with U+2585 are learned from too, which must be a user-defined symbol then. The reference leaves them
    /// out.</summary>
    internal bool LearnsReserved { get; set; }

    /// <summary>The names <see cref="Set"/> knows.</summary>
    public static IReadOnlyList<string> Names => NamedSettings.Names;

    /// <summary>Sets one setting from text. Lists are parted by commas and added; a name may be written with - for _.</summary>
    /// <exception cref="ArgumentException">There is no such setting, or the text is not a value for it.</exception>
    /// <exception cref="IOException">A file that is named cannot be read.</exception>
    public void Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        NamedSettings.Set(this, name, value);
    }

    /// <summary>Splits a list at commas; a part in double quotes may hold commas, and two quotes in it stand for one.</summary>
    public static IReadOnlyList<string> SplitList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NamedSettings.SplitList(text);
    }

    /// <summary>Checks every setting that can be checked without the corpus.</summary>
    /// <exception cref="ArgumentException">A setting is out of range or contradicts another; the message says which, what is expected and
    /// what to do.</exception>
    public void Validate()
    {
        Require(VocabSize > 0, $"'VocabSize' is {VocabSize}; it must be a positive number of pieces.");
        Require(Enum.IsDefined(ModelType), $"'ModelType' is {ModelType}; expected unigram, bpe, word or char.");
        Require(!UseAllVocab || ModelType is ModelType.Word or ModelType.Char,
            "'UseAllVocab' is for word and char models; leave it off for unigram and bpe.");
        Require(InputFormat is "" or "text" or "tsv", $"'InputFormat' is '{InputFormat}'; expected text or tsv.");
        Range(CharacterCoverage is >= 0.98f and <= 1f, nameof(CharacterCoverage), CharacterCoverage, "0.98", "1");
        Range(MaxSentencepieceLength is >= 1 and <= 512, nameof(MaxSentencepieceLength), MaxSentencepieceLength, "1", "512");
        Range(NumSubIterations is >= 1 and <= 10, nameof(NumSubIterations), NumSubIterations, "1", "10");
        int maxThreads = Compat == Compatibility.V01 ? 128 : 1024;
        Range(NumThreads >= 1 && NumThreads <= maxThreads, nameof(NumThreads), NumThreads, "1",
            maxThreads.ToString(CultureInfo.InvariantCulture));
        Range(SelfTestSampleSize is >= 0 and <= 1000, nameof(SelfTestSampleSize), SelfTestSampleSize, "0", "1000");
        Range(ShrinkingFactor is >= 0.5f and <= 0.95f, nameof(ShrinkingFactor), ShrinkingFactor, "0.5", "0.95");
        Require(Processors >= 0, $"'Processors' is {Processors}; it must be 0 (all) or more.");
        Range(MaxSentenceLength is >= 10 and <= 1 << 30, nameof(MaxSentenceLength), MaxSentenceLength, "10", "1073741824");
        Require(InputSentenceSize is 0 or > 100, $"'InputSentenceSize' is {InputSentenceSize}; it must be 0 (all) or more than 100.");
        Require(SeedSentencepieceSize > 0, $"'SeedSentencepieceSize' is {SeedSentencepieceSize}; it must be positive.");
        (string Name, string Value)[] pieces =
        [
            (nameof(UnkPiece), UnkPiece), (nameof(BosPiece), BosPiece), (nameof(EosPiece), EosPiece), (nameof(PadPiece), PadPiece),
        ];
        foreach ((string name, string value) in pieces)
        {
            Require(value.Length > 0, $"'{name}' is empty; every special piece needs a name.");
        }

        Require(UnkId >= 0, $"'UnkId' is {UnkId}; the unknown piece must have an id of 0 or more.");
        bool delimited = PretokenizationDelimiter.Length > 0;
        Require(!delimited || Compat != Compatibility.V01,
            "'PretokenizationDelimiter' does not exist in 0.1; use 'Compat' 0.2 or leave it out.");
        Require(!delimited || ModelType is ModelType.Unigram or ModelType.Bpe, "'PretokenizationDelimiter' is for unigram and bpe models.");
        Require(SeedSentencepiecesFile.Length == 0 || (ModelType == ModelType.Unigram && Compat != Compatibility.V01),
            "'SeedSentencepiecesFile' is for unigram models under 'Compat' 0.2.");
    }

    /// <summary>The same settings with another vocabulary size; the lists are shared with this object.</summary>
    internal TrainerOptions WithVocabSize(int vocabSize)
    {
        var copy = (TrainerOptions)MemberwiseClone();
        copy.VocabSize = vocabSize;
        return copy;
    }

    /// <summary>How work is shared out over processors.</summary>
    internal ParallelOptions Parallelism(CancellationToken cancellation) =>
        new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Processors > 0 ? Processors : Environment.ProcessorCount };

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }

    private static void Range<T>(bool condition, string name, T value, string low, string high) =>
        Require(condition, string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}; it must be from {low} to {high}."));

    /// <summary>The settings as the file format keeps them: every field that spm_train writes is written.</summary>
    internal TrainerSpec ToTrainerSpec()
    {
        var spec = new TrainerSpec
        {
            ModelPrefix = ModelPrefix,
            ModelType = (TrainerSpec.Types.ModelType)ModelType,
            VocabSize = VocabSize,
            SelfTestSampleSize = SelfTestSampleSize,
            InputFormat = InputFormat,
            CharacterCoverage = CharacterCoverage,
            InputSentenceSize = InputSentenceSize,
            SeedSentencepieceSize = SeedSentencepieceSize,
            ShrinkingFactor = ShrinkingFactor,
            NumThreads = NumThreads,
            NumSubIterations = NumSubIterations,
            MaxSentenceLength = MaxSentenceLength,
            ShuffleInputSentence = ShuffleInputSentence,
            MaxSentencepieceLength = MaxSentencepieceLength,
            SplitByUnicodeScript = SplitByUnicodeScript,
            SplitByWhitespace = SplitByWhitespace,
            SplitByNumber = SplitByNumber,
            TreatWhitespaceAsSuffix = TreatWhitespaceAsSuffix,
            SplitDigits = SplitDigits,
            AllowWhitespaceOnlyPieces = AllowWhitespaceOnlyPieces,
            VocabularyOutputPieceScore = VocabularyOutputPieceScore,
            HardVocabLimit = HardVocabLimit,
            UseAllVocab = UseAllVocab,
            ByteFallback = ByteFallback,
            RequiredChars = RequiredChars,
            UnkId = UnkId,
            BosId = BosId,
            EosId = EosId,
            PadId = PadId,
            UnkSurface = UnkSurface,
            UnkPiece = UnkPiece,
            BosPiece = BosPiece,
            EosPiece = EosPiece,
            PadPiece = PadPiece,
            TrainExtremelyLargeCorpus = TrainExtremelyLargeCorpus,
            EnableDifferentialPrivacy = false,
            DifferentialPrivacyNoiseLevel = 0,
            DifferentialPrivacyClippingThreshold = 0,
        };
        if (Compat != Compatibility.V01)
        {
            spec.PretokenizationDelimiter = PretokenizationDelimiter;
            spec.SeedSentencepiecesFile = SeedSentencepiecesFile;
        }

        spec.Input.AddRange(Input);
        spec.AcceptLanguage.AddRange(AcceptLanguage);
        spec.ControlSymbols.AddRange(ControlSymbols);
        spec.UserDefinedSymbols.AddRange(UserDefinedSymbols);
        return spec;
    }
}
