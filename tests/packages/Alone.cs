// A program with the package GruLM.Tokenization alone: it learns a vocabulary, encodes and decodes.
using GruLM.Tokenization;

string lines = string.Concat(Enumerable.Range(0, 500).Select(i => $"The {(i % 3 == 0 ? "young" : "old")} clock strikes {i % 12}.\n"));
DefaultTokenizer.Train(lines, 300).Save("alone.model");
var tokenizer = Tokenizer.Load("alone.model");
string text = tokenizer.Decode(tokenizer.Encode("The old clock 🙂"));
if (text != "The old clock 🙂") throw new InvalidOperationException(text);
Console.WriteLine("encoded and decoded");
