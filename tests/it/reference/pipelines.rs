//! Pipelines against transformers', on tiny models of every task, and on the real ones of the manifest.

use serde_json::Value;

use crate::project::{Project, repository};

/// Each case: the answer's name in `expected.json`, and the call that gives it.
const CASES: [(&str, &str); 30] = [
    ("fill-mask", "k.pipeline('fill-mask', 'tiny-mlm')('The capital of France is [MASK].')"),
    (
        "fill-mask-two",
        "k.pipeline('fill-mask', 'tiny-mlm')('The [MASK] is late and the [MASK] is dull.', top_k=2)",
    ),
    (
        "fill-mask-targets",
        "k.pipeline('fill-mask', 'tiny-mlm')('The train is [MASK].', targets=['late', 'dull'])",
    ),
    ("text-classification", "k.pipeline('text-classification', 'tiny-cls')(T[2])"),
    ("text-classification-all", "k.pipeline('text-classification', 'tiny-cls')([T[2], T[3]], top_k=None)"),
    (
        "text-classification-sigmoid",
        "k.pipeline('sentiment-analysis', 'tiny-cls')(T[3], top_k=None, function_to_apply='sigmoid')",
    ),
    (
        "text-classification-pair",
        "k.pipeline('text-classification', 'tiny-cls')({'text': T[4], 'text_pair': T[0]}, top_k=None)",
    ),
    ("zero-shot", "k.pipeline('zero-shot-classification', 'tiny-nli')(T[3], ['weather', 'film', 'river'])"),
    (
        "zero-shot-multi",
        "k.pipeline('zero-shot-classification', 'tiny-nli')(T[3], 'weather, film', multi_label=True, hypothesis_template='It is about {}.')",
    ),
    ("token-classification-none", "k.pipeline('ner', 'tiny-ner')(N)"),
    ("token-classification-simple", "k.pipeline('ner', 'tiny-ner')(N, aggregation_strategy='simple')"),
    ("token-classification-first", "k.pipeline('ner', 'tiny-ner')(N, aggregation_strategy='first')"),
    ("token-classification-average", "k.pipeline('ner', 'tiny-ner')(N, aggregation_strategy='average')"),
    ("token-classification-max", "k.pipeline('ner', 'tiny-ner')(N, aggregation_strategy='max')"),
    (
        "question-answering",
        "k.pipeline('question-answering', 'tiny-qa')(question='Where does the river run?', context=T[0])",
    ),
    (
        "question-answering-top",
        "k.pipeline('question-answering', 'tiny-qa')(question='Who wrote it?', context=T[1], top_k=3, max_answer_len=4)",
    ),
    ("text2text-generation", "k.pipeline('text2text-generation', 'tiny-t5')(T[0], max_new_tokens=12)"),
    (
        "text2text-penalty",
        "k.pipeline('text2text-generation', 'tiny-t5')(T[1], max_new_tokens=12, repetition_penalty=1.8)",
    ),
    (
        "text2text-beams",
        "k.pipeline('text2text-generation', 'tiny-t5')(T[4], max_new_tokens=16, num_beams=3, repetition_penalty=1.5)",
    ),
    // With keys and values kept, in the merged graph that optimum exports.
    ("text2text-past", "k.pipeline('text2text-generation', 'tiny-t5-past')(T[0], max_new_tokens=20)"),
    (
        "text2text-past-beams",
        "k.pipeline('text2text-generation', 'tiny-t5-past')(T[1], max_new_tokens=20, num_beams=3)",
    ),
    (
        "text2text-past-beams-all",
        "k.pipeline('text2text-generation', 'tiny-t5-past')(T[3], max_new_tokens=20, num_beams=4, num_return_sequences=4)",
    ),
    (
        "text2text-past-beams-long",
        "k.pipeline('text2text-generation', 'tiny-t5-past')(T[0], max_new_tokens=20, num_beams=4, num_return_sequences=3, length_penalty=2.0)",
    ),
    (
        "text2text-past-beams-short",
        "k.pipeline('text2text-generation', 'tiny-t5-past')(T[0], max_new_tokens=20, num_beams=4, num_return_sequences=3, length_penalty=-1.0, early_stopping=True)",
    ),
    ("text-generation", "written(num_beams=1)"),
    ("text-generation-beams", "written(num_beams=3)"),
    ("text-generation-beams-all", "written(num_beams=4, num_return_sequences=4, length_penalty=0.5)"),
    ("text-generation-beams-penalty", "written(num_beams=2, repetition_penalty=1.3)"),
    ("object-detection", "k.pipeline('object-detection', 'tiny-yolos')(picture, threshold=0.3)"),
    ("image-segmentation", "masks(k.pipeline('image-segmentation', 'tiny-segformer')(picture))"),
];

const FIRST: &str = "```python run
#| label: given
import json
import kiln as k
T = [
    'The capital of France is Paris, and the Seine runs through it.',
    'Ada Lovelace wrote the first program in London.',
    'It was a wonderful film, and I would see it again.',
    'The weather is dull and the train to Berlin is late.',
    'Where does the river run? It runs to the sea.',
]
N = 'Ada Lovelace wrote the weatherful program in Londonberry.'
y, x = k.arange(40).reshape(40, 1), k.arange(60).reshape(1, 60)
stripes = k.where((x // 5 + y // 7) % 2 == 0, 220, 30)
picture = k.stack([x * 255 // 59 + y * 0, y * 255 // 39 + x * 0, stripes], axis=-1).astype('uint8')

def written(**how):
    found = k.pipeline('text-generation', 'tiny-gpt2')(
        'the weather is dull and', max_new_tokens=16, return_full_text=False, **how
    )
    return [{'generated_text': one['generated_text']} for one in found]

def masks(found):
    return [
        {'label': m['label'], 'score': m['score'], 'pixels': int((m['mask'] > 0).sum()), 'rows': m['mask'].max(axis=1).tolist()}
        for m in found
    ]

def apart(a, b):
    if isinstance(b, dict):
        assert list(a) == list(b), (list(a), list(b))
        return max(apart(a[key], b[key]) for key in b)
    if isinstance(b, list):
        assert len(a) == len(b), (a, b)
        return max([0.0] + [apart(x, y) for x, y in zip(a, b)])
    if isinstance(b, float):
        return abs(a - b)
    assert a == b, (a, b)
    return 0.0
```
";

#[test]
fn answers_are_those_of_transformers() {
    let folder = repository().join("tests/cases/pipelines");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let expected: Value = serde_json::from_slice(&read("expected.json")).unwrap();
    let mut page = FIRST.to_owned();
    for (name, call) in CASES {
        // As JSON within a Python text.
        let text = expected[name].to_string().replace('\\', "\\\\").replace('\'', "\\'");
        page += &format!(
            "\n```python run\n#| label: {name}\nwant = json.loads('{text}')\ncheck('{name}', apart({call}, want), '<=', 1e-4)\n```\n"
        );
    }
    let project = Project::new().file("content/a.en.md", &page);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        project.put(&format!("models/{name}"), &read(&name));
    }
    project.put("models.toml", &read("models.toml"));
    project.build();
}

#[test]
fn real_models_of_the_manifest_answer() {
    let page = "```python run
#| label: all
import kiln as k
german = k.pipeline('translation_en_to_de', 'flan-t5-small')('The house is wonderful.')
check('German', german[0]['translation_text'], '==', 'Das Haus ist wunderbar.')
rank = k.pipeline('text-classification', 'reranker')
question = 'What is the capital of France?'
yes = {c['label']: c['score'] for c in rank({'text': question, 'text_pair': 'Paris is the capital of France.'}, top_k=None)}
no = {c['label']: c['score'] for c in rank({'text': question, 'text_pair': 'Bananas are yellow.'}, top_k=None)}
check('the right passage scores higher', yes['LABEL_1'] - no['LABEL_1'], '>', 0.3)
names = k.pipeline('token-classification', 'lac')('百度是一家高科技公司')
check('Baidu is an organisation', names[0]['entity'].startswith('ORG'), '==', True)
text = '百度是一家高科技公司，李彦宏在北京市创办了它。'
joined = k.pipeline('token-classification', 'lac')(text, aggregation_strategy='simple')
found = {text[one['start']:one['end']]: one['entity_group'] for one in joined}
check('characters are joined into names', [found.get(w) for w in ('百度', '李彦宏', '北京市')], '==', ['ORG', 'PER', 'LOC'])
english = k.pipeline('translation', 'opus-mt-zh-en')(['你叫什么名字？', '我喜欢喝茶。'])
check('two sentences', [one['translation_text'] for one in english], '==', [\"What's your name?\", 'I like tea.'])
y, x = k.arange(160).reshape(160, 1), k.arange(200).reshape(1, 200)
disc = ((y - 80) ** 2 + (x - 100) ** 2) < 45 ** 2
photo = k.stack([k.where(disc, 220, 40), k.where(disc, 60, 90), k.where(disc, 40, 120)], axis=-1).astype('uint8')
mask = k.pipeline('image-segmentation', 'u2netp')(photo)[0]['mask']
check('the disc stands out', mask[80, 100].item() - mask[5, 5].item(), '>', 128)
dim = k.pipeline('image-segmentation', 'u2netp')(photo // 2)[0]['mask']
check('half the light gives the same mask', abs(mask.astype('float32') - dim.astype('float32')).mean(), '<', 2)
t = k.arange(16000) / 16000
heard = k.pipeline('voice-activity-detection', 'silero-vad')(k.zeros(16000))
check('silence is no speech', heard['probabilities'].max(), '<', 0.2)
check('nobody speaks', len(heard['segments']), '==', 0)
talk = [{'role': 'user', 'content': '你好'}, {'role': 'assistant', 'content': 'Hello!'}, {'role': 'user', 'content': 'What is 1+1?'}]
chat = k.pipeline('text-generation', 'minimind2-small')
text = chat.tokenizer.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
system = '<|im_start|>system\\nYou are a helpful assistant<|im_end|>\\n'
said = [f'<|im_start|>{m[\"role\"]}\\n{m[\"content\"]}<|im_end|>\\n' for m in talk]
check('the conversation is as Jinja writes it', text == system + ''.join(said) + '<|im_start|>assistant\\n')
answer = chat(talk[:1], max_new_tokens=4)[0]['generated_text']
check('the assistant comes last', answer[-1]['role'], '==', 'assistant')
```
";
    Project::with_models().file("content/a.en.md", page).build();
}

/// A drawn clock in a picture wider than tall. The box and its score are those of Python's ONNX Runtime on a
/// picture that Pillow fitted into the square; a face without hours and hands is nothing.
#[test]
fn a_yolov3_finds_a_clock() {
    let page = "```python run
#| label: all
import kiln as k
X, Y = (k.arange(500).reshape(1, 500) - 300) / 90, (k.arange(300).reshape(300, 1) - 150) / 90

def disc(a, b, r):
    return (X - a) ** 2 + (Y - b) ** 2 < r * r

def hand(angle, length, width):
    along, across = X * k.cos(angle) + Y * k.sin(angle), Y * k.cos(angle) - X * k.sin(angle)
    return (along > 0) & (along < length) & (k.abs(across) < width)

def drawn(parts):
    picture = k.where(disc(0, 0, 0.9), 1.0, k.where(disc(0, 0, 1.0), 0.15, 0.85))
    for part in parts:
        picture = k.where(part, 0.0, picture)
    return k.stack([(picture * 255).astype('uint8')] * 3, axis=-1)

hours = [disc(0.77 * k.cos(k.array(h * k.pi / 6)).item(), 0.77 * k.sin(k.array(h * k.pi / 6)).item(), 0.05) for h in range(12)]
hands = [hand(k.array(-1.0), 0.47, 0.04), hand(k.array(0.6), 0.67, 0.027)]
yolo = k.pipeline('object-detection', 'tiny-yolov3')
found = yolo(drawn(hours + hands))
check('one clock', [one['label'] for one in found], '==', ['clock'])
check('as sure as elsewhere', abs(found[0]['score'] - 0.96687), '<=', 0.01)
wanted = {'xmin': 216, 'ymin': 58, 'xmax': 393, 'ymax': 247}
check('the box is in pixels of the picture', max(abs(found[0]['box'][edge] - wanted[edge]) for edge in wanted), '<=', 2)
check('a face alone is nothing', yolo(drawn([])), '==', [])
check('the surest comes first', all(a['score'] >= b['score'] for a, b in zip(yolo(drawn(hours), threshold=0.01), yolo(drawn(hours), threshold=0.01)[1:])))
```
";
    Project::with_models().file("content/a.en.md", page).build();
}

#[test]
fn what_a_model_does_not_do_is_told() {
    let project = Project::with_models().file(
        "content/a.en.md",
        "```python run\n#| label: a\nimport kiln as k\nk.pipeline('fill-mask', 'minilm')('a [MASK]')\n```\n\n```python run\n#| label: b\nk.pipeline('fil-mask', 'minilm')\n```\n\n```python run\n#| label: c\nk.Tokenizer('minilm')\n```\n",
    );
    let ran = project.run(&["build"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("there is no pipeline 'fil-mask'"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `fill-mask`?"), "{}", ran.stderr);
    let hint = "a tokenizer comes with its model: `k.model(id).tokenizer`";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
}
