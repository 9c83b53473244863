//! Reliefs, graphs and flows.

use super::{check, well_formed};
use crate::render::figure::draw;
use crate::snippet::figure::{Arrow, Figure, Flow, Graph, Node, Relief, Sankey, View};

fn relief(z: Vec<Vec<Option<f64>>>, view: View) -> Figure {
    let columns = z.iter().map(Vec::len).max().unwrap_or(0);
    Figure::Relief(Relief {
        x: (0..columns).map(|at| at as f64).collect(),
        y: (0..z.len()).map(|at| at as f64).collect(),
        z,
        view,
        ..Relief::default()
    })
}

fn graph(names: &[&str], edges: &[(usize, usize, &str)]) -> Graph {
    let node = |name: &&str| Node { name: (*name).into(), label: (*name).into() };
    let arrow =
        |(from, to, label): &(usize, usize, &str)| Arrow { from: *from, to: *to, label: (*label).into() };
    Graph {
        nodes: names.iter().map(node).collect(),
        edges: edges.iter().map(arrow).collect(),
        ..Graph::default()
    }
}

fn sankey(nodes: usize, flows: &[(usize, usize, f64)]) -> Figure {
    Figure::Sankey(Sankey {
        nodes: (0..nodes).map(|at| format!("node {at}")).collect(),
        flows: flows.iter().map(|(from, to, value)| Flow { from: *from, to: *to, value: *value }).collect(),
        ..Sankey::default()
    })
}

#[test]
fn reliefs_of_every_shape_are_drawn() {
    let hill = |row: usize, column: usize| Some(((row + column) % 5) as f64);
    let shapes: [Vec<Vec<Option<f64>>>; 8] = [
        vec![],
        vec![vec![Some(1.0)]],
        vec![vec![Some(2.0); 3]; 3],
        vec![vec![None; 2]; 2],
        vec![vec![Some(1e308), Some(-1e308)], vec![Some(f64::NAN), Some(f64::INFINITY)]],
        vec![vec![Some(1.0), None, Some(3.0)], vec![Some(2.0), Some(5.0), Some(1.0)]],
        vec![vec![Some(1.0)], vec![Some(0.0), Some(2.0)], vec![]],
        (0..90).map(|row| (0..110).map(|column| hill(row, column)).collect()).collect(),
    ];
    for z in shapes {
        for view in [View::Surface, View::Contour(vec![]), View::Contour(vec![-1.0, 0.5, 1e307])] {
            check(&relief(z.clone(), view));
        }
    }
    check(&Figure::Relief(Relief::default()));
    let odd =
        Relief { x: vec![f64::NAN, 1.0], y: vec![0.0], z: vec![vec![Some(1.0); 3]; 2], ..Relief::default() };
    check(&Figure::Relief(odd));
}

#[test]
fn a_fine_surface_is_drawn_coarser() {
    let fine = vec![(0..200).map(|at| Some(f64::from(at))).collect::<Vec<_>>(); 100];
    let svg = check(&relief(fine, View::Surface));
    assert!(svg.len() < 60_000, "{}", svg.len());
}

#[test]
fn graphs_of_every_shape_are_drawn() {
    check(&Figure::Graph(Graph::default()));
    let graphs = [
        graph(&["alone"], &[]),
        graph(&["a", "b"], &[(0, 1, ""), (0, 1, "twice"), (1, 0, ""), (0, 0, "")]),
        graph(&["a"], &[(0, 9, ""), (9, 0, "")]),
        graph(
            &["", "a rather long label that has to be cut somewhere, I fear", "注意力"],
            &[(0, 2, "q"), (1, 2, "")],
        ),
        graph(&["x"; 60], &(0..59).map(|at| (at, at + 1, "")).collect::<Vec<_>>()),
    ];
    for graph in graphs {
        for across in [false, true] {
            check(&Figure::Graph(Graph { across, title: "A title".into(), ..graph.clone() }));
        }
    }
}

#[test]
fn flows_of_every_size_are_drawn() {
    for figure in [
        sankey(0, &[]),
        sankey(3, &[]),
        sankey(2, &[(0, 1, 1.0)]),
        sankey(3, &[(0, 1, 1e-300), (0, 2, 1e300), (1, 2, 1e308)]),
        sankey(2, &[(0, 1, f64::NAN), (0, 1, f64::INFINITY), (0, 1, -1.0), (7, 1, 1.0)]),
        sankey(2, &[(0, 1, 1.0), (1, 0, 1.0), (0, 0, 1.0)]),
        sankey(41, &(0..40).map(|at| (at, 40, 1.0)).collect::<Vec<_>>()),
    ] {
        check(&figure);
    }
}

#[test]
fn names_of_nodes_are_escaped() {
    let evil = "</svg><script>alert(1)</script>\"'&";
    let graph = graph(&[evil, "b"], &[(0, 1, evil)]);
    let flow = Sankey {
        title: evil.into(),
        unit: evil.into(),
        nodes: vec![evil.into(), evil.into()],
        flows: vec![Flow { from: 0, to: 1, value: 1.0 }],
    };
    let mut hill = Relief { z_label: evil.into(), y_label: evil.into(), ..Relief::default() };
    hill.x_label = evil.into();
    for figure in [Figure::Graph(graph), Figure::Sankey(flow), Figure::Relief(hill)] {
        assert!(!check(&figure).contains("<script"));
        well_formed(&draw(&figure, evil, evil));
    }
}

#[test]
fn a_graph_as_it_is() {
    let graph =
        graph(&["x", "Q", "K", "softmax"], &[(0, 1, ""), (0, 2, ""), (1, 3, ""), (2, 3, "QKᵀ"), (0, 3, "")]);
    insta::assert_snapshot!(super::lines(&draw(&Figure::Graph(graph), "fig-graph-0", "A graph")));
}

#[test]
fn a_contour_as_it_is() {
    let z = vec![vec![Some(0.0), Some(1.0), Some(0.0)], vec![Some(1.0), Some(3.0), None], vec![Some(0.0); 3]];
    let figure = relief(z, View::Contour(vec![0.5, 2.0]));
    insta::assert_snapshot!(super::lines(&draw(&figure, "fig-hill-0", "A hill")));
}

#[test]
fn arrows_meet_boxes_narrower_than_their_layer() {
    let graph = Graph {
        across: true,
        ..graph(
            &["start", "x", "a name much longer than the others", "end"],
            &[(0, 1, ""), (0, 2, ""), (1, 3, ""), (2, 3, "")],
        )
    };
    let svg = draw(&Figure::Graph(graph), "g", "A graph");
    // Where each stretch of the paths of a class starts, across the page.
    let starts = |class: &str| -> Vec<f64> {
        let path = svg.split(&format!("<path class=\"{class}\"")).nth(1).expect("a path");
        let d = path.split(" d=\"").nth(1).and_then(|d| d.split('"').next()).expect("its way");
        d.split('M').skip(1).filter_map(|part| part.split(' ').next()?.parse().ok()).collect()
    };
    let (boxes, heads) = (starts("box"), starts("head"));
    assert_eq!((boxes.len(), heads.len()), (4, 4));
    for head in heads {
        let meets = boxes.iter().any(|corner| (corner - 6.0 - head).abs() < 0.5);
        assert!(meets, "no box starts at {head}: {boxes:?}");
    }
}
