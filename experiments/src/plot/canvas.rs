//! SVG by plotters, PNG by resvg. No system font and no system library.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use resvg::{tiny_skia, usvg};

/// plotters places everything on whole pixels, which turns thin curves into stairs: it draws on a grid this many
/// times finer, and the view box brings it back.
const FINE: i32 = 4;

/// Free and embedded (crate `dejavu`); the others are for viewers of the SVG that lack it, which measure alike.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";

/// plotters divides font sizes by this in SVG.
const PLOTTERS_FONT: f64 = 1.24;

/// Font size of all text, in pixels of the picture; at half size still 11.
pub const TEXT: f64 = 22.0;

/// Okabe and Ito's palette, which colour-blind people can tell apart; without its yellow, too light for a line.
pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// Text and axes.
pub const INK: RGBColor = RGBColor(40, 40, 40);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(225, 225, 225);

/// Where things are drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A finished picture.
pub struct Picture {
    /// File name without extension.
    pub name: &'static str,
    /// As SVG.
    pub svg: String,
    /// As PNG.
    pub png: Vec<u8>,
}

/// `pixels` of the picture, in those of the drawing area.
pub fn px(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// The width of a line.
pub fn stroke(pixels: f64) -> u32 {
    px(pixels).unsigned_abs()
}

/// A text style of `size` pixels.
pub fn text(size: f64, color: RGBColor) -> TextStyle<'static> {
    written(size, FontStyle::Normal, color)
}

/// As [`text`], bold.
pub fn bold(size: f64, color: RGBColor) -> TextStyle<'static> {
    written(size, FontStyle::Bold, color)
}

fn written(size: f64, style: FontStyle, color: RGBColor) -> TextStyle<'static> {
    let font = (FONT, f64::from(FINE) * size * PLOTTERS_FONT, style).into_font();
    TextStyle { color: color.to_backend_color(), ..TextStyle::from(font) }
}

/// A picture of this size in pixels.
pub fn picture(name: &'static str, (width, height): (f64, f64), draw: impl FnOnce(&Area<'_>)) -> Picture {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        for (style, bytes) in
            [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())]
        {
            assert!(plotters::style::register_font(FONT, style, bytes).is_ok(), "the embedded font is one");
        }
    });
    let mut svg = String::new();
    {
        let size = (stroke(width), stroke(height));
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).expect("drawing into memory");
        draw(&area);
        area.present().expect("drawing into memory");
    }
    let (fine, coarse) = (
        format!("<svg width=\"{}\" height=\"{}\"", px(width), px(height)),
        format!("<svg width=\"{width}\" height=\"{height}\""),
    );
    assert!(svg.starts_with(&fine), "plotters opens its SVG with the size");
    svg.replace_range(..fine.len(), &coarse);
    let png = rasterize(&svg);
    Picture { name, svg, png }
}

fn rasterize(svg: &str) -> Vec<u8> {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_font_data(dejavu::sans::regular().to_vec());
    options.fontdb_mut().load_font_data(dejavu::sans::bold().to_vec());
    let tree = usvg::Tree::from_str(svg, &options).expect("plotters writes valid SVG");
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).expect("a picture has a size");
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().expect("encoding into memory")
}
