// Fills in a form: StructuredOutput MODEL answers each line of standard input with a JSON object of one and the same shape. Whatever the
// model has learned, what comes out can be read by a program; how much sense it makes is up to the model.

using System.Text.Json;
using GruLM;

if (args.Length != 1) End(2, "usage: StructuredOutput MODEL < lines");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
const string Schema = """
    {
      "type": "object",
      "properties": {
        "mood": { "enum": ["good", "bad", "mixed"] },
        "stars": { "type": "integer", "minimum": 1, "maximum": 5 },
        "about": { "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 12 }, "maxItems": 3 }
      },
      "required": ["mood", "stars", "about"],
      "additionalProperties": false
    }
    """;

using var model = LanguageModel.Open(args[0]);
var options = new GenerationOptions { Constraint = TextConstraint.JsonSchema(Schema), MaxTokens = 120 };
while (Console.ReadLine() is { } line)
{
    string json = string.Concat(model.Generate($"<prompt> {line} <ai>", options));
    using var form = JsonDocument.Parse(json);
    JsonElement fields = form.RootElement;
    string stars = new('*', fields.GetProperty("stars").GetInt32());
    string about = string.Join(", ", fields.GetProperty("about").EnumerateArray().Select(word => word.GetString()));
    Console.WriteLine($"{fields.GetProperty("mood").GetString()} {stars} {about}");
}

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
