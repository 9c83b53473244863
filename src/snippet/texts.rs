//! Every text by which an output speaks to its readers: titles, axes, headings, claims.
//!
//! What a cell prints and the tokens of a text are data, and not among them.

use super::bake::Bake;
use super::figure::{Figure, Series};
use super::output::{Field, Frames, Output};

/// Hands every text of `bake` to `with`, which may change it.
pub fn each_text(bake: &mut Bake, with: &mut dyn FnMut(&mut String)) {
    for output in &mut bake.outputs {
        of_output(output, with);
    }
    bake.checks.iter_mut().for_each(|check| with(&mut check.name));
}

fn of_output(output: &mut Output, with: &mut dyn FnMut(&mut String)) {
    match output {
        Output::Text { .. } | Output::Tokens(_) | Output::Image(_) | Output::Download(_) => {}
        Output::Table(table) => {
            table.columns.iter_mut().for_each(&mut *with);
            for field in table.rows.iter_mut().flatten() {
                if let Field::Text(text) = field {
                    with(text);
                }
            }
        }
        Output::Figure(figure) => of_figure(figure, with),
        Output::ImageGrid(grid) => grid.labels.iter_mut().for_each(with),
        Output::Overlay(overlay) => {
            overlay.boxes.iter_mut().for_each(|outline| with(&mut outline.label));
            overlay.masks.iter_mut().for_each(|mask| with(&mut mask.label));
        }
        Output::Animation(animation) => {
            animation.labels.iter_mut().for_each(&mut *with);
            if let Frames::Figures(figures) = &mut animation.frames {
                figures.iter_mut().for_each(|figure| of_figure(figure, with));
            }
        }
    }
}

fn of_figure(figure: &mut Figure, with: &mut dyn FnMut(&mut String)) {
    match figure {
        Figure::Heatmap(map) => {
            [&mut map.title, &mut map.x_label, &mut map.y_label].into_iter().for_each(&mut *with);
            map.columns.iter_mut().chain(&mut map.rows).for_each(with);
        }
        Figure::Chart(chart) => {
            [&mut chart.title, &mut chart.x_label, &mut chart.y_label].into_iter().for_each(&mut *with);
            chart.categories.iter_mut().for_each(&mut *with);
            for Series { name, labels, .. } in &mut chart.series {
                with(name);
                labels.iter_mut().for_each(&mut *with);
            }
        }
        Figure::Relief(relief) => {
            let texts = [&mut relief.title, &mut relief.x_label, &mut relief.y_label, &mut relief.z_label];
            texts.into_iter().for_each(with);
        }
        Figure::Graph(graph) => {
            with(&mut graph.title);
            graph.nodes.iter_mut().for_each(|node| with(&mut node.label));
            graph.edges.iter_mut().for_each(|edge| with(&mut edge.label));
        }
        Figure::Sankey(sankey) => {
            [&mut sankey.title, &mut sankey.unit].into_iter().for_each(&mut *with);
            sankey.nodes.iter_mut().for_each(with);
        }
    }
}
