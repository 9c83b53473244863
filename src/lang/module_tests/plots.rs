//! Diagrams, overlays and animations as cells make them.

use super::{fails, output, with_model};
use crate::snippet::figure::{Figure, View};
use crate::snippet::output::{Frames, Output};

#[test]
fn scatters_carry_names() {
    with_model(|session| {
        let Output::Figure(Figure::Chart(chart)) = output(
            session,
            "k.plot.scatter([1, 2, 3], [4, 5, 6], labels='xyz'.split() * 3, groups=list('pqp'))",
        ) else {
            panic!()
        };
        assert_eq!(chart.series[0].labels, ["xyz", "xyz"]);
        assert!(
            fails(session, "k.plot.scatter([1, 2], [3, 4], labels=['a'])").message.contains("1 labels for 2")
        );
    });
}

#[test]
fn reliefs_read_a_matrix_or_a_mesh() {
    with_model(|session| {
        let Output::Figure(Figure::Relief(relief)) =
            output(session, "k.plot.surface([[1, 2, k.nan], [4, 5, 6]])")
        else {
            panic!()
        };
        assert_eq!((relief.x.len(), relief.y.len(), relief.z[0][2]), (3, 2, None));
        let mesh = "x, y = k.linspace(0, 1, 3), k.linspace(5, 6, 2)\n\
                    X, Y = x.reshape(1, 3) + k.zeros((2, 1)), y.reshape(2, 1) + k.zeros((1, 3))\n";
        let Output::Figure(Figure::Relief(relief)) =
            output(session, &format!("{mesh}k.plot.contour(X, Y, X + Y, levels=3, title='t')"))
        else {
            panic!()
        };
        assert_eq!((relief.x.as_slice(), relief.y.as_slice()), (&[0.0, 0.5, 1.0][..], &[5.0, 6.0][..]));
        assert_eq!(relief.view, View::Contour(vec![5.5, 6.0, 6.5]));
        for (code, told) in [
            ("k.plot.surface([1, 2, 3])", "a matrix"),
            ("k.plot.surface([[1, 2]])", "from 2x2"),
            ("k.plot.contour([0, 1], [0, 1], [[1, 2, 3], [4, 5, 6]])", "(3,) is wanted"),
            ("k.plot.contour([1, 0], [0, 1], [[1, 2], [3, 4]])", "must ascend"),
            ("k.plot.contour([0, 1], [[1, 2], [3, 4]])", "x, y and z"),
            ("k.plot.contour([[1, 2], [3, 4]], levels=[k.nan])", "finite levels"),
        ] {
            assert!(fails(session, code).message.contains(told), "{code}");
        }
    });
}

#[test]
fn graphs_and_flows_are_checked() {
    with_model(|session| {
        let Output::Figure(Figure::Graph(graph)) = output(
            session,
            "k.plot.graph({'a': 'A', 'b': 'B'}, [('a', 'b', 'to'), ['a', 'b']], rankdir='LR')",
        ) else {
            panic!()
        };
        assert_eq!((graph.nodes[1].label.as_str(), graph.edges[0].to, graph.across), ("B", 1, true));
        let Output::Figure(Figure::Sankey(sankey)) =
            output(session, "k.plot.sankey([('a', 'b', 2), ('b', 'c', k.array(1.5))])")
        else {
            panic!()
        };
        assert_eq!((sankey.nodes.len(), sankey.flows[1].value), (3, 1.5));
        for (code, told) in [
            ("k.plot.graph(['a', 'b'], [('a', 'c')])", "'c', which is no node"),
            ("k.plot.graph(['a', 'b'], ['ab'])", "(from, to)"),
            ("k.plot.graph(['a', 'a'], [])", "two nodes"),
            ("k.plot.graph(['a', 'b'], [('a', 'b'), ('b', 'a')])", "a → b → a"),
            ("k.plot.graph([], [])", "0 nodes"),
            ("k.plot.graph(range(300), [])", "300 nodes"),
            ("k.plot.sankey([('a', 'b', -1)])", "positive"),
            ("k.plot.sankey([('a', 'b', k.inf)])", "positive"),
            ("k.plot.sankey([('a', 'a', 1)])", "a → a"),
            ("k.plot.sankey([('a', 'b')])", "(from, to, amount)"),
        ] {
            assert!(fails(session, code).message.contains(told), "{code}");
        }
        let fault = fails(session, "k.plot.graph(['query', 'b'], [('qeury', 'b')])");
        assert!(fault.hints.iter().any(|hint| hint.contains("query")), "{fault:?}");
    });
}

#[test]
fn boxes_and_masks_lie_over_their_image() {
    with_model(|session| {
        let Output::Overlay(over) = output(
            session,
            "k.plot.boxes(k.zeros((4, 6)), [[0, 0, 3, 2], [1, 1, 6, 4]], labels=['a', 'b'], scores=[0.5, k.nan])",
        ) else {
            panic!()
        };
        assert_eq!((over.boxes.len(), over.boxes[0].score, over.boxes[1].score), (2, Some(0.5), None));
        let found = "[{'box': {'xmin': 1, 'ymin': 0, 'xmax': 2, 'ymax': 3}, 'label': 'cat', 'score': 0.9}]";
        let Output::Overlay(over) = output(session, &format!("k.plot.boxes(k.zeros((4, 6)), {found})"))
        else {
            panic!()
        };
        assert_eq!((over.boxes[0].label.as_str(), over.boxes[0].ymax), ("cat", 3.0));
        let Output::Overlay(over) =
            output(session, "k.plot.masks(k.zeros((2, 2)), [k.eye(2) > 0], labels=['i'])")
        else {
            panic!()
        };
        assert_eq!((over.masks[0].runs.as_slice(), over.masks[0].area()), (&[0, 1, 2, 1][..], 2));
        for (code, told) in [
            ("k.plot.boxes(k.zeros((4, 6)), [[3, 0, 1, 2]])", "is no box"),
            ("k.plot.boxes(k.zeros((4, 6)), [[0, 0, k.inf, 2]])", "is no box"),
            ("k.plot.boxes(k.zeros((4, 6)), [[0, 0, 1]])", "xmin, ymin, xmax, ymax"),
            ("k.plot.boxes(k.zeros((4, 6)), [{'a': 1}])", "object detection"),
            ("k.plot.boxes(k.zeros((4, 6)), [[0, 0, 1, 1]], labels=['a', 'b'])", "2 labels for 1"),
            ("k.plot.masks(k.zeros((4, 6)), [k.eye(2) > 0])", "(2, 2) over an image of shape (4, 6)"),
            ("k.plot.masks(k.zeros((2, 2)), [k.eye(2)])", "bool"),
        ] {
            assert!(fails(session, code).message.contains(told), "{code}");
        }
    });
}

#[test]
fn animations_share_their_axes() {
    with_model(|session| {
        let Output::Animation(film) = output(session, "k.plot.animate(k.arange(12).reshape(3, 2, 2), fps=2)")
        else {
            panic!()
        };
        let Frames::Images(images) = &film.frames else { panic!() };
        assert_eq!((images.len(), film.fps, images[0].width), (3, 2, 2));
        let Output::Animation(film) = output(
            session,
            "k.plot.animate([k.plot.line([0, 1]), k.plot.line([5, k.nan, -2])], labels=['a', 'b'])",
        ) else {
            panic!()
        };
        let Frames::Figures(figures) = &film.frames else { panic!() };
        let Figure::Chart(first) = &figures[0] else { panic!() };
        let reach = first.reach.expect("a reach");
        assert_eq!((reach.positions, reach.values), ([0.0, 2.0], [-2.0, 5.0]));
        let Output::Animation(film) =
            output(session, "k.plot.animate([k.plot.heatmap([[0, 1]]), k.plot.heatmap([[5, 9]])])")
        else {
            panic!()
        };
        let Frames::Figures(figures) = &film.frames else { panic!() };
        let Figure::Heatmap(map) = &figures[1] else { panic!() };
        assert_eq!((map.vmin, map.vmax), (0.0, 9.0));
        for (code, told) in [
            ("k.plot.animate([k.zeros((2, 2))])", "1 frames"),
            ("k.plot.animate([])", "no frames"),
            ("k.plot.animate(k.zeros((61, 2, 2)))", "61 frames"),
            ("k.plot.animate([k.zeros((2, 2)), k.zeros((3, 2))])", "different shapes"),
            ("k.plot.animate([k.plot.line([1]), k.plot.heatmap([[1]])])", "different kinds"),
            ("k.plot.animate([k.plot.line([1]), 3])", "figures of one kind"),
            ("k.plot.animate([k.plot.table([[1]])] * 2)", "can be animated"),
            ("k.plot.animate(k.zeros((2, 2, 2)), fps=0)", "from 1 to 30"),
            ("k.plot.animate(k.zeros((2, 2, 2)), labels=['a'])", "1 labels for 2"),
        ] {
            assert!(fails(session, code).message.contains(told), "{code}");
        }
    });
}
