//! A map for a person.

use super::{Cell, Chart};
use crate::report::{Section, Table};

/// The heading.
pub fn title(chart: &Chart) -> String {
    let variant = chart.base.variant.as_ref().map_or(String::new(), |name| format!(", variant {name}"));
    format!(
        "Map of {}{variant}: {} loads × {} lengths of its fault, {} replications each from seed {}",
        chart.scenario,
        chart.loads.len(),
        chart.lengths.len(),
        chart.replications,
        chart.seed
    )
}

/// The map, the longest fault on top, and the cliff at each load.
pub fn describe(chart: &Chart) -> Vec<Section> {
    vec![map(chart), cliff(chart)]
}

fn cell(chart: &Chart, load: usize, length: usize) -> &Cell {
    &chart.cells[load * chart.lengths.len() + length]
}

fn map(chart: &Chart) -> Section {
    let mut header = vec![chart.path.clone()];
    header.extend(chart.loads.iter().map(|load| format!("load × {load}")));
    let row = |length: usize| {
        let mut row = vec![chart.lengths[length].clone()];
        row.extend((0..chart.loads.len()).map(|load| {
            let of = cell(chart, load, length);
            let (most, all) = of.share();
            let how = of.verdict().to_string();
            if most < all { format!("{how}\n({most} of {all})") } else { how }
        }));
        row
    };
    Section {
        title: "How it comes out".into(),
        remark:
            "the worst service's verdict in most replications; what needs a crash to recover counts as such"
                .into(),
        table: Table { header, rows: (0..chart.lengths.len()).rev().map(row).collect(), ..Table::default() },
    }
}

fn cliff(chart: &Chart) -> Section {
    let row = |load: usize| {
        let back = |length: usize| cell(chart, load, length).comes_back();
        let edge = (1..chart.lengths.len()).find(|&length| back(length) != back(length - 1));
        let told = match edge {
            Some(at) if back(at - 1) => {
                format!(
                    "comes back after up to {}, no longer after {}",
                    chart.lengths[at - 1],
                    chart.lengths[at]
                )
            }
            Some(at) => format!("comes back only from {} on", chart.lengths[at]),
            None if back(0) => "comes back after each of these".into(),
            None => "comes back after none of these".into(),
        };
        vec![format!("load × {}", chart.loads[load]), told]
    };
    Section {
        title: "The cliff".into(),
        remark: "whether it meets its objective again before the horizon, without a crash".into(),
        table: Table { rows: (0..chart.loads.len()).map(row).collect(), ..Table::default() },
    }
}
