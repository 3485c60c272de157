// Package picture owns the measures of a picture's brightness: whether a lens
// is covered, whether a zone is masked, whether a camera still looks the same
// way. It is pure: no I/O, no time, no device.
//
// It never keeps a picture. Measures are numbers, a Reference is a few hundred
// bits about where still edges lie, and everything that was drawn up on the
// way is wiped before a function returns. Only verdicts are meant to leave the
// gateway; measures stay in memory, for brightness over time tells who sits
// where.
//
// Levels are full range, 0 (black) to 255 (white), whatever range the picture
// came in. Coordinates are fractions of the picture given, 0..1 from the top
// left, so a zone of a cropped stream is mapped (devices.Zone.In) beforehand.
//
// A doubt is "unknown" with its reason and never a pass: darkness is not a
// cover, a flat picture is not a masked zone, a featureless one not the same
// view.
package picture
