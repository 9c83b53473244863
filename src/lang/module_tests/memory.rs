//! What authors write from memory of NumPy, PyTorch and transformers.

use super::super::habits::lacking;
use super::{fails, ran, shows, with_model};

#[test]
fn habits_are_of_names_that_are_not_there() {
    with_model(|session| {
        for (class, object) in [
            ("kiln", "k"),
            ("kiln.plot", "k.plot"),
            ("Display", "k.plot.line([1, 2], [1, 2])"),
            ("Tensor", "k.ones(2)"),
            ("Model", "k.model('double')"),
            ("Generator", "k.rng(1)"),
        ] {
            let names = lacking(class);
            assert!(!names.is_empty(), "{class}");
            shows(session, &format!("[name for name in {names:?} if hasattr({object}, name)]"), "[]");
        }
    });
}

#[test]
fn what_is_done_in_place_is_seen_everywhere() {
    with_model(|session| {
        shows(session, "a = k.zeros(3)\nb = a\nb += 1\na", "array([1., 1., 1.])");
        shows(session, "def sgd(w, g):\n    w -= 0.5 * g\nw = k.ones(2)\nsgd(w, w)\nw", "array([0.5, 0.5])");
        shows(
            session,
            "x = k.zeros((2, 2))\nx[0] += 1\nx[:, 1] *= 3\nx",
            "array([[1., 3.],\n       [0., 0.]])",
        );
        shows(
            session,
            "x = k.arange(6).reshape(2, 3)\nx[x % 2 == 0] *= 10\nx.tolist()",
            "[[0, 1, 20], [3, 40, 5]]",
        );
        shows(session, "w = {'a': k.zeros(2)}\nw['a'] += 1\nw", "{'a': array([1., 1.])}");
        shows(session, "class P: pass\np = P()\np.w = k.zeros(2)\np.w -= 1\np.w", "array([-1., -1.])");
        shows(session, "s = k.arange(3).sum()\nt = s\nt += 1\ns, t", "(3, 4)");
        shows(session, "x = k.array([3, 1, 2])\ny = x\nx.sort()\ny", "array([1, 2, 3])");
        shows(session, "x = k.zeros(2)\nx.fill(7)\nx", "array([7., 7.])");
        shows(session, "x = k.ones(2)\nx @= k.eye(2) * 2\nx.tolist()", "[2.0, 2.0]");
        shows(session, "x = k.arange(5)\nx //= 2\nx **= 2\nx.tolist()", "[0, 0, 1, 1, 4]");
    });
}

#[test]
fn what_cannot_be_done_in_place_is_told() {
    with_model(|session| {
        let fault = fails(session, "x = k.arange(3)\nx += 1.5");
        assert_eq!(fault.message, "`+=` on int64 gives float32, which it cannot hold");
        assert_eq!(fault.hints, ["`x = x + y` makes a new tensor"]);
        let fault = fails(session, "x = k.zeros(3)\nx += k.ones((2, 3))");
        assert!(fault.message.contains("gives the shape (2, 3)"), "{fault:?}");
        let fault = fails(session, "x = k.zeros((2, 2))\nfor row in x:\n    row += 1");
        assert!(fault.message.contains("cut out of another one") && fault.frames[0].line == 3, "{fault:?}");
        ran(session, "mine = k.zeros(2)");
        assert!(fails(session, "mine += 1").message.contains("belongs to the cell"));
        assert!(fails(session, "mine.sort()").message.contains("belongs to the cell"));
        shows(session, "x = k.zeros((2, 2))\nrow = x[0]\nrow = row + 1\nx.sum().item()", "0.0");
    });
}

#[test]
fn names_of_other_libraries_lead_on() {
    with_model(|session| {
        let hint = |session: &mut _, code: &str| fails(session, code).hints.join("; ");
        assert!(hint(session, "k.cat([k.ones(2)])").contains("k.concatenate"));
        assert!(hint(session, "k.random.randn(3)").contains("k.rng(seed)"));
        assert!(hint(session, "k.ones(2).unsqueeze(0)").contains("k.expand_dims"));
        assert!(hint(session, "k.ones(2).numpy()").contains("leave it out"));
        assert!(hint(session, "k.softmax(k.ones(3), dim=-1)").starts_with("PyTorch's `dim`"));
        assert_eq!(hint(session, "k.zeros(2, 3)"), "a shape is one argument: `zeros((2, 3))`");
        assert!(hint(session, "k.ones((2, 3)).shape()").contains("leave out the brackets"));
        assert!(hint(session, "k.float32(3.7)").contains("is a dtype"));
        assert!(hint(session, "{'loss': 1}.loss").contains("`[\"loss\"]`"));
        assert!(hint(session, "k.rng(0).randn(3)").contains("rng.normal"));
        assert!(
            hint(session, "k.sum(k.ones(3), axs=0)")
                .ends_with("the call is `sum(x, axis=None, keepdims=False)`")
        );
        assert!(hint(session, "k.graph(lambda x: x + 1)").contains("an input has its example's shape"));
        assert!(hint(session, "k.ones((2, 3, 4)).transpose(-2, -1)").contains("x.swapaxes(-2, -1)"));
        assert!(hint(session, "k.plot.imshow(k.ones((2, 2)))").contains("k.plot.heatmap"));
        assert!(hint(session, "k.plot.line([1], [2], color='red')").contains("theme"));
        let fault = fails(session, "def f(n):\n    return f(n + 1)\nf(0)");
        assert_eq!(fault.frames.len(), 2, "{fault:?}");
    });
}

#[test]
fn models_take_inputs_in_every_usual_way() {
    with_model(|session| {
        for call in ["m.run({'x': x})", "m.run(x=x)", "m.run(x)", "m(x=x)", "m(x)", "m.run(x, outputs=['y'])"]
        {
            shows(
                session,
                &format!("m = k.model('double')\nx = k.ones((1, 2))\n{call}['y'].tolist()"),
                "[[2.0, 2.0]]",
            );
        }
    });
}

#[test]
fn pipelines_keep_what_they_are_made_with() {
    with_model(|session| {
        shows(
            session,
            "p = k.pipeline('text-generation', 'double', max_new_tokens=5)\n\
             p('a')[0]['token_ids'], p('a', max_new_tokens=6)[0]['token_ids'], [g[0]['generated_text'] for g in p(['b', 'c'])]",
            "([5], [6], ['b!', 'c!'])",
        );
        let fault = fails(session, "k.pipeline('text-generation', 'double', max_length=5)");
        assert!(fault.message.contains("no setting 'max_length'"), "{fault:?}");
        assert!(fault.hints[0].contains("max_new_tokens"), "{fault:?}");
    });
}

#[test]
fn tokenizers_answer_to_the_names_of_transformers() {
    with_model(|session| {
        ran(session, "tok = k.model('double').tokenizer");
        shows(
            session,
            "tok(['abc', 'b'], padding=True, return_tensors='pt')['input_ids'].tolist()",
            "[[3], [1]]",
        );
        shows(session, "tok('abc', truncation=True, max_length=2)['input_ids'].tolist()", "[[2]]");
        shows(session, "tok('abc', text_pair='de')['input_ids'].tolist()", "[[5]]");
        shows(
            session,
            "tok.tokenize('ab'), tok.convert_ids_to_tokens([97]), tok.convert_ids_to_tokens(98)",
            "(['a', 'b'], ['a'], 'b')",
        );
        shows(session, "tok.convert_tokens_to_ids(['a']), tok.convert_tokens_to_ids('b')", "([97], 98)");
        shows(session, "tok.batch_decode([[97, 98], [99]])", "['ab', 'c']");
        shows(session, "tok.eos_token, tok.pad_token_id, tok.vocab_size", "(None, None, 7)");
        assert!(fails(session, "tok('a', text_pair=['b', 'c'])").message.contains("pair up"));
        assert!(fails(session, "tok('a', paddin=True)").hints[0].contains("padding"));
    });
}

#[test]
fn noise_is_added_at_a_timestep_for_each_sample() {
    with_model(|session| {
        let code = "s = k.schedulers.DDPMScheduler()\nx = k.ones((2, 3))\n";
        shows(session, &format!("{code}s.add_noise(x, x, k.array([1, 5])).shape"), "(2, 3)");
        assert!(
            fails(session, &format!("{code}s.add_noise(x, x, [1, 2, 3])"))
                .message
                .contains("3 timesteps for 2")
        );
    });
}

#[test]
fn generators_shuffle_in_place() {
    with_model(|session| {
        shows(
            session,
            "x = list(range(9))\nk.rng(1).shuffle(x)\nsorted(x) == list(range(9)), x != sorted(x)",
            "(True, True)",
        );
        shows(
            session,
            "x = k.arange(9)\nk.rng(1).shuffle(x)\nx.sum().item(), (x != k.arange(9)).any().item()",
            "(36, True)",
        );
        shows(
            session,
            "v = k.rng(0).integers(0, 1, size=50, endpoint=True)\nv.min().item(), v.max().item()",
            "(0, 1)",
        );
        shows(
            session,
            "v = k.rng(0).exponential(2.0, 20000)\nabs(v.mean().item() - 2) < 0.1, v.min().item() >= 0",
            "(True, True)",
        );
    });
}
