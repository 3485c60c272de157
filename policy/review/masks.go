package review

import (
	"reflect"
	"slices"

	"github.com/lensdop/lensdop/policy"
)

// masks files a change for each mask that comes or goes with a camera or view,
// but not for one that the same lens or preset has under another id in the
// other version (others): there it was only renamed.
func (d *differ) masks(path string, at place, item, others reflect.Value, gone bool) {
	own := masksIn(item)
	if len(own) == 0 {
		return
	}
	var kept []mask
	if same := sameSight(item); same != nil {
		for i := range others.Len() {
			if same(others.Index(i)) {
				kept = append(kept, masksIn(others.Index(i))...)
			}
		}
	}
	one, _ := d.Label("Camera", "masks")
	views, _ := d.Label("Camera", "views")
	for _, m := range own {
		if slices.ContainsFunc(kept, func(k mask) bool { return reflect.DeepEqual(k, m) }) {
			continue
		}
		here, where := path, slices.Clone(at)
		if m.view != "" {
			here, where = here+".views["+m.view+"]", append(where, d.itemName(views, m.view))
		}
		c := Change{Path: here + ".masks[" + m.ID + "]", Direction: Stricter, New: m.ID}
		if gone {
			c.Direction, c.Old, c.New = Looser, m.ID, ""
		}
		name := d.itemName(one, m.ID)
		d.add(c, where, true, func(lang string) string {
			if gone {
				return pick(lang, "vervallen: ", "supprimé: ", "removed: ") + name.In(lang)
			}
			return pick(lang, "erbij: ", "ajouté: ", "added: ") + name.In(lang)
		})
	}
}

// mask is a mask with the view that it belongs to, none for the whole camera.
type mask struct {
	policy.Mask

	view string
}

// masksIn lists the masks of a camera or view; other blocks have none.
func masksIn(item reflect.Value) []mask {
	var out []mask
	add := func(view string, list []policy.Mask) {
		for _, m := range list {
			m.Origin = policy.Origin{} // where it comes from does not make it another
			out = append(out, mask{m, view})
		}
	}
	switch x := item.Interface().(type) {
	case policy.Camera:
		add("", x.Masks)
		for _, v := range x.Views {
			add(v.ID, v.Masks)
		}
	case policy.CameraView:
		add("", x.Masks)
	default:
	}
	return out
}

// sameSight tells whether a camera is the same lens as the given one, or a view
// the same preset; it is nil where that cannot be told.
func sameSight(item reflect.Value) func(reflect.Value) bool {
	switch x := item.Interface().(type) {
	case policy.Camera:
		if x.Device == "" && x.Identity.IsEmpty() {
			return nil
		}
		return func(v reflect.Value) bool {
			y, _ := reflect.TypeAssert[policy.Camera](v)
			return x.Device == y.Device && reflect.DeepEqual(x.Identity, y.Identity) && x.Source == y.Source
		}
	case policy.CameraView:
		return func(v reflect.Value) bool {
			y, _ := reflect.TypeAssert[policy.CameraView](v)
			return x.Preset == y.Preset
		}
	default:
		return nil
	}
}
