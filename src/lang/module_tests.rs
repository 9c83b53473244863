//! The module `kiln` in cells, with a host whose one model is a few lines.

mod memory;
mod plots;

use std::rc::Rc;

use super::Session;
use super::host::*;
use super::session_tests::{cell, in_thread};
use crate::snippet::figure::{Figure, Mark};
use crate::snippet::output::{Field, Output};
use crate::snippet::program::{Fault, Outcome, Ran};
use crate::tensor::{DType, Tensor};

struct Fake(Rc<FakeModel>);

struct FakeModel(ModelCard);

struct FakeTokenizer;

struct FakeScheduler(usize);

impl Host for Fake {
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        if id == "double" {
            return Ok(Rc::clone(&self.0) as Rc<dyn HostModel>);
        }
        Err(HostError::new(HostErrorKind::Lookup, format!("no model is called `{id}`"))
            .did_you_mean(id, ["double"]))
    }

    fn graph(&mut self, _: &str, _: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        Ok(Rc::clone(&self.0) as Rc<dyn HostModel>)
    }

    fn scheduler(&mut self, _: &str, settings: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
        Ok(Box::new(FakeScheduler(settings.len())))
    }
}

impl HostModel for FakeModel {
    fn card(&self) -> &ModelCard {
        &self.0
    }

    fn nodes(&self) -> HostResult<Vec<NodeCard>> {
        Ok(vec![NodeCard {
            name: "n".into(),
            op_type: "Add".into(),
            inputs: vec!["x".into(), "x".into()],
            outputs: vec!["y".into()],
        }])
    }

    fn weight(&self, name: &str) -> HostResult<Tensor> {
        Err(HostError::new(HostErrorKind::Lookup, format!("no weight is called `{name}`")))
    }

    fn run(
        &self,
        feeds: Vec<(String, Tensor)>,
        outputs: Option<&[String]>,
    ) -> HostResult<Vec<(String, Tensor)>> {
        use crate::tensor::elementwise::{Binary, Operand, binary};
        let (_, x) =
            feeds.into_iter().next().ok_or_else(|| HostError::new(HostErrorKind::Value, "feed x"))?;
        let x = Operand::Tensor(x);
        let name = outputs.and_then(|names| names.first().cloned()).unwrap_or_else(|| "y".to_owned());
        Ok(vec![(name, binary(Binary::Add, &x, &x)?)])
    }

    fn patched(&self, weights: &[(String, Tensor)]) -> HostResult<Rc<dyn HostModel>> {
        Ok(Rc::new(FakeModel(ModelCard {
            id: format!("{} without {}", self.0.id, weights[0].0),
            ..self.0.clone()
        })))
    }

    fn bypassed(&self, nodes: &[String], input: Option<usize>) -> HostResult<Rc<dyn HostModel>> {
        let id = format!("{} past {nodes:?} {input:?}", self.0.id);
        Ok(Rc::new(FakeModel(ModelCard { id, ..self.0.clone() })))
    }

    fn tokenizer(&self) -> HostResult<Rc<dyn HostTokenizer>> {
        Ok(Rc::new(FakeTokenizer))
    }

    fn generate(&self, prompt: &str, how: &Sampling) -> HostResult<Vec<Generation>> {
        Ok(vec![Generation {
            text: format!("{prompt}!"),
            token_ids: vec![how.max_new_tokens as i64],
            margin: 0.5,
        }])
    }

    fn features(&self, texts: &[String], _: Pooling, _: bool) -> HostResult<Tensor> {
        Ok(Tensor::from_vec(&[texts.len(), 2], vec![1.0_f32; 2 * texts.len()])?)
    }

    fn classify(&self, image: &Tensor, top_k: usize) -> HostResult<Vec<(String, f64)>> {
        Ok(vec![(format!("{:?}", image.shape()), 1.0); top_k])
    }
}

impl HostTokenizer for FakeTokenizer {
    fn encode(&self, text: &str, _: bool) -> HostResult<Encoding> {
        let tokens: Vec<String> = text.chars().map(String::from).collect();
        let ids = text.chars().map(|c| c as i64).collect();
        Ok(Encoding { ids, offsets: (0..tokens.len()).map(|i| (i, i + 1)).collect(), tokens })
    }

    fn batch(&self, texts: &[Pair], how: Batching) -> HostResult<Vec<(String, Tensor)>> {
        let length = |text: &String| text.len().min(how.max_length.unwrap_or(usize::MAX)) as i64;
        let ids =
            texts.iter().map(|(text, second)| length(text) + second.as_ref().map_or(0, length)).collect();
        Ok(vec![("input_ids".into(), Tensor::from_vec(&[texts.len(), 1], ids)?)])
    }

    fn decode(&self, ids: &[i64], _: bool) -> HostResult<String> {
        Ok(ids.iter().filter_map(|&id| char::from_u32(id as u32)).collect())
    }

    fn token_to_id(&self, token: &str) -> Option<i64> {
        token.chars().next().map(|c| c as i64)
    }

    fn id_to_token(&self, id: i64) -> Option<String> {
        char::from_u32(u32::try_from(id).ok()?).map(String::from)
    }

    fn vocab_size(&self) -> usize {
        7
    }
}

impl HostScheduler for FakeScheduler {
    fn set_timesteps(&mut self, count: usize) -> HostResult<()> {
        self.0 = count;
        Ok(())
    }

    fn timesteps(&self) -> Vec<f64> {
        (0..self.0).rev().map(|i| i as f64).collect()
    }

    fn series(&self, name: &str) -> Option<Vec<f64>> {
        (name == "sigmas").then(|| vec![0.5; self.0])
    }

    fn init_noise_sigma(&self) -> f64 {
        80.0
    }

    fn scale_model_input(&self, sample: &Tensor, _: f64) -> HostResult<Tensor> {
        Ok(sample.clone())
    }

    fn step(&mut self, given: &Step<'_>) -> HostResult<Tensor> {
        let noise = given.noise;
        Ok(noise.clone())
    }

    fn add_noise(&self, original: &Tensor, _: &Tensor, _: f64) -> HostResult<Tensor> {
        Ok(original.clone())
    }
}

fn with_model(test: impl FnOnce(&mut Session) + Send + 'static) {
    in_thread(move || {
        let port = Port { name: "x".into(), dtype: DType::Float32, shape: vec![None, Some(2)] };
        let card = ModelCard {
            id: "double".into(),
            task: "test".into(),
            num_params: 12,
            inputs: vec![port.clone()],
            outputs: vec![Port { name: "y".into(), ..port }],
        };
        let mut session = Session::new(Box::new(Fake(Rc::new(FakeModel(card))))).unwrap();
        session.run_cell(&cell("setup", "import kiln as k"));
        test(&mut session);
    });
}

#[track_caller]
fn ran(session: &mut Session, code: &str) -> Ran {
    match session.run_cell(&cell("a", code)) {
        Outcome::Done(ran) => ran,
        Outcome::Failed(fault) => panic!("{code}: {fault:?}"),
    }
}

#[track_caller]
fn shows(session: &mut Session, code: &str, expect: &str) {
    match ran(session, code).outputs.as_slice() {
        [Output::Text { text }] => assert_eq!(text.trim_end(), expect, "{code}"),
        other => panic!("{code}: {other:?}"),
    }
}

#[track_caller]
fn output(session: &mut Session, code: &str) -> Output {
    let mut outputs = ran(session, code).outputs;
    assert_eq!(outputs.len(), 1, "{code}");
    outputs.remove(0)
}

#[track_caller]
fn fails(session: &mut Session, code: &str) -> Fault {
    match session.run_cell(&cell("a", code)) {
        Outcome::Done(ran) => panic!("{code} ran: {ran:?}"),
        Outcome::Failed(fault) => fault,
    }
}

#[test]
fn tensors_behave_as_values() {
    with_model(|session| {
        shows(session, "x = k.arange(3)\nx[1] = 9\nx", "array([0, 9, 2])");
        shows(
            session,
            "x = k.arange(6).reshape(2, 3)\nx[0, 0] = 7\nx[:, 1] = k.array([8, 9])\nx",
            "array([[7, 8, 2],\n       [3, 9, 5]])",
        );
        shows(session, "x = k.zeros((2, 2))\nx[x == 0] = 3\nx.tolist()", "[[3.0, 3.0], [3.0, 3.0]]");
        let fault = fails(session, "x = k.zeros((2, 2))\nx[0][0] = 1");
        assert!(fault.hints.iter().any(|hint| hint.contains("x[i, j] = v")), "{fault:?}");
        ran(session, "mine = k.zeros(2)");
        let fault = fails(session, "mine[0] = 1");
        assert!(fault.message.contains("cell `a`") && fault.hints[0].contains("copy"), "{fault:?}");
        shows(session, "mine = mine.copy()\nmine[0] = 1\nmine", "array([1., 0.])");
        shows(session, "2 - k.array([1, 2])", "array([1, 0])");
        shows(session, "f'{k.array([1.0, 2.0]).mean():.2f} {k.arange(3)}'", "'1.50 [0 1 2]'");
        shows(
            session,
            "[int(v) for v in k.arange(3)], float(k.array(2.5)), bool(k.array([1]))",
            "([0, 1, 2], 2.5, True)",
        );
        shows(session, "d = {3: 'c'}\nd[k.array([1, 3])[1]], [5, 6][k.argmax(k.array([0, 1]))]", "('c', 6)");
        shows(session, "x = k.arange(4.0)\nx += 1\nx", "array([1., 2., 3., 4.])");
        shows(session, "(k.arange(3) == None), k.arange(2) == [0, 5]", "(False, array([ True, False]))");
        shows(
            session,
            "round(k.array(2.567), 1), abs(k.array(-1)), -k.arange(2), 3 in k.arange(4)",
            "(2.6, 1, array([ 0, -1]), True)",
        );
        shows(
            session,
            "len(k.ones((4, 2))), k.ones((4, 2)).T.shape, k.ones(3).dtype == k.float32",
            "(4, (2, 4), True)",
        );
    });
}

#[test]
fn errors_name_shapes_and_hint() {
    with_model(|session| {
        let fault = fails(session, "k.ones((2, 3)) + k.ones((4,))");
        assert_eq!(fault.kind, "ValueError");
        assert!(fault.message.contains("(2, 3) and (4,)"), "{}", fault.message);
        assert_eq!((fault.frames[0].column, fault.frames[0].end_column), (1, 30));
        let hints = |session: &mut Session, code: &str| fails(session, code).hints.join("; ");
        assert!(hints(session, "k.sum(k.ones(2), axes=0)").starts_with("did you mean `axis`?"));
        assert!(hints(session, "k.sofmax(k.ones(2))").contains("softmax"));
        assert!(hints(session, "k.ones(2).resahpe(1, 2)").contains("reshape"));
        assert!(hints(session, "k.zeros(2, dtype='flaot32')").contains("float32"));
        assert!(hints(session, "k.model('doubel')").contains("double"));
        assert!(hints(session, "k.pipeline('text-generatoin', 'double')").contains("text-generation"));
        assert!(hints(session, "if k.ones(2): pass").contains(".any()"));
        assert!(hints(session, "k.plot.heatmap(k.ones((2, 2)), titel='x')").contains("title"));
        assert!(fails(session, "k.ones((2, 3)) @ k.ones((2, 3))").message.contains("do not multiply"));
        assert_eq!(fails(session, "k.zeros((10**6, 10**6))").kind, "MemoryError");
        assert_eq!(fails(session, "k.arange(10**12)").kind, "MemoryError");
        assert_eq!(fails(session, "k.ones((60000, 1)) + k.ones((1, 60000))").kind, "MemoryError");
        assert_eq!(fails(session, "k.ones(2)[5]").kind, "IndexError");
        assert_eq!(fails(session, "k.ones(2)[1.5]").kind, "IndexError");
        assert_eq!(fails(session, "k.array([[1], [2, 3]])").kind, "ValueError");
        assert_eq!(fails(session, "k.ones(2) + 'a'").kind, "TypeError");
        assert_eq!(fails(session, "k.ones()").message, "ones() needs the argument 'shape'");
        assert!(fails(session, "k.exp('a')").message.contains("got str"));
    });
}

#[test]
fn random_numbers_are_the_seeds() {
    with_model(|session| {
        shows(session, "a = k.rng(3).normal(size=4); b = k.rng(3).normal(size=4)\nk.allclose(a, b)", "True");
        shows(session, "g = k.rng(1)\ng.uniform(2, 3, size=(2, 2)).shape, g.integers(5).ndim", "((2, 2), 0)");
        shows(session, "sorted(k.rng(1).permutation(5).tolist())", "[0, 1, 2, 3, 4]");
        shows(
            session,
            "k.rng(1).choice(['a', 'b'], p=[0.0, 1.0]), k.rng(1).choice(3, size=3, replace=False).shape",
            "('b', (3,))",
        );
        // The bits are those of NumPy's PCG64 with this seed's state, worked out in Python.
        shows(session, "k.rng(7).integers(0, 1000, size=4).tolist()", "[928, 466, 413, 748]");
        shows(session, "k.rng(7).normal(size=3)", "array([ 0.7759, -0.06  , -0.5258])");
    });
}

#[test]
fn models_tokenizers_pipelines_and_schedulers_are_reached() {
    with_model(|session| {
        let done = ran(session, "m = k.model('double')\nm");
        assert_eq!(done.models, ["double"]);
        shows(session, "m.inputs[0].shape, m.num_params, m.nodes[0].op_type", "([None, 2], 12, 'Add')");
        assert_eq!(ran(session, "m(x=[1.0, 2.0])['y']").models, ["double"]);
        shows(session, "m.run({'x': k.ones(2)}, outputs=['inner'])", "{'inner': array([2., 2.])}");
        shows(session, "m.patched({'w': k.ones(2)}).id, m.id", "('double without w', 'double')");
        shows(session, "m.bypassed('n').id", "'double past [\"n\"] None'");
        shows(session, "m.bypassed(['n', 'o'], input=1).id", "'double past [\"n\", \"o\"] Some(1)'");
        assert!(
            fails(session, "m.patched(k.ones(2))").message.contains("a dict from weight names to tensors")
        );
        shows(
            session,
            "t = m.tokenizer\nt.encode('ab'), t.tokens('ab'), t.decode([97]), t(['a', 'bc'])['input_ids'].tolist()",
            "([97, 98], ['a', 'b'], 'a', [[1], [2]])",
        );
        shows(
            session,
            "k.pipeline('text-generation', 'double')('hi', max_new_tokens=3)",
            "[{'generated_text': 'hi!', 'token_ids': [3]}]",
        );
        shows(
            session,
            "k.pipeline('feature-extraction', 'double')(['a', 'b'], pooling=None).shape",
            "(2, 2)",
        );
        shows(
            session,
            "k.pipeline('image-classification', 'double')(k.zeros((4, 4, 3), dtype='uint8'), top_k=1)",
            "[{'label': '[4, 4, 3]', 'score': 1.0}]",
        );
        assert!(
            fails(session, "k.pipeline('text-generation', 'double')('hi', max_tokens=3)").hints[0]
                .contains("max_new_tokens")
        );
        let code = "s = k.schedulers.DDPMScheduler(num_train_timesteps=10)\ns.set_timesteps(3)\n\
                    s.timesteps.tolist(), s.sigmas, s.step(k.ones(2), s.timesteps[0], k.ones(2), generator=k.rng(1)).prev_sample.shape";
        shows(session, code, "([2, 1, 0], array([0.5, 0.5, 0.5]), (2,))");
    });
}

#[test]
fn plots_are_data() {
    with_model(|session| {
        let Output::Figure(Figure::Heatmap(map)) =
            output(session, "k.plot.heatmap([[1, -2], [k.nan, 0.5]], x_labels=['a', 'b'], diverging=True)")
        else {
            panic!()
        };
        assert_eq!((map.vmin, map.vmax, &map.values[1][0]), (-2.0, 2.0, &None));
        let Output::Figure(Figure::Chart(chart)) =
            output(session, "k.plot.line({'one': [1, 2], 'two': ([0, 5], [3, 4])}, title='t')")
        else {
            panic!()
        };
        assert_eq!(
            (chart.series.len(), chart.series[1].x.as_slice(), chart.title.as_str()),
            (2, &[0.0, 5.0][..], "t")
        );
        let Output::Figure(Figure::Chart(chart)) =
            output(session, "k.plot.bar(['a', 'b'], [1, 2], horizontal=True)")
        else {
            panic!()
        };
        assert_eq!((chart.categories.len(), chart.series[0].mark, chart.horizontal), (2, Mark::Bar, true));
        let Output::Figure(Figure::Chart(chart)) =
            output(session, "k.plot.scatter([1, 2, 3], [4, 5, 6], groups=['p', 'q', 'p'])")
        else {
            panic!()
        };
        assert_eq!((chart.series.len(), chart.series[0].x.as_slice()), (2, &[1.0, 3.0][..]));
        let Output::Figure(Figure::Chart(chart)) = output(session, "k.plot.hist(k.arange(10), bins=5)")
        else {
            panic!()
        };
        assert_eq!(chart.series[0].y, vec![Some(2.0); 5]);
        let Output::Table(table) =
            output(session, "k.plot.table([{'n': 1, 'v': k.array(0.5)}, {'n': 2, 'v': 'x'}])")
        else {
            panic!()
        };
        assert_eq!(table.columns, ["n", "v"]);
        assert_eq!(table.rows[0][1], Field::Number { number: "0.5".into() });
        let Output::Tokens(tokens) = output(session, "k.plot.tokens(['a', 'b'], weights=[2, 4], ids=[5, 6])")
        else {
            panic!()
        };
        assert_eq!((tokens.tokens[0].weight, tokens.tokens[1].id), (Some(0.5), Some(6)));
        let Output::ImageGrid(grid) = output(
            session,
            "k.plot.filmstrip([k.zeros((4, 4)), k.ones((4, 4))], labels=['a', 'b'], cmap='viridis')",
        ) else {
            panic!()
        };
        assert_eq!((grid.images.len(), grid.columns, grid.filmstrip), (2, 2, true));
        let two = ran(session, "display(k.plot.table([[1]], columns=['x']))\nprint('then')");
        assert!(matches!(two.outputs.as_slice(), [Output::Table(_), Output::Text { .. }]));
    });
}

#[test]
fn pictures_are_png() {
    with_model(|session| {
        let Output::Image(image) =
            output(session, "k.plot.image(k.array([[0, 128], [255, 64]], dtype='uint8'))")
        else {
            panic!()
        };
        let mut reader = png::Decoder::new(std::io::Cursor::new(&image.png.0)).read_info().unwrap();
        let mut pixels = vec![0; 4];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!((pixels.as_slice(), image.width, image.scale), (&[0, 128, 255, 64][..], 2, 16));
        for shape in ["(4, 5, 3)", "(3, 4, 5)", "(1, 4, 5)", "(4, 5)"] {
            let Output::Image(image) =
                output(session, &format!("k.plot.image(k.rng(1).uniform(size={shape}))"))
            else {
                panic!()
            };
            assert_eq!((image.width, image.height), (5, 4), "{shape}");
        }
        fails(session, "k.plot.image(k.zeros((2, 2, 2)))");
    });
}

#[test]
fn proofs_are_recorded() {
    with_model(|session| {
        let done = ran(
            session,
            "check('sum', k.ones(3).sum(), '==', 3)\ncontrol('never', 2, '<', 1)\nk.check('all', k.ones(2).all())",
        );
        let facts: Vec<_> =
            done.checks.iter().map(|check| (check.ok, check.control, check.passes())).collect();
        assert_eq!(facts, [(true, false, true), (false, true, true), (true, false, true)]);
        assert_eq!(done.checks[0].measured, 3.0);
        assert!(!ran(session, "check('wrong', 1, '>', 2)").checks[0].passes());
        assert!(fails(session, "check('x', 1, '=<', 2)").hints.iter().any(|hint| hint.contains("<=")));
        fails(session, "check('x', k.ones(3), '<', 2)");
    });
}
