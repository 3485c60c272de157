package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/wire"
)

// leave undoes our work on a camera that is no longer in the register. It
// returns less than zero once nothing is left to undo. While the clock is in
// doubt, and while the device does not answer, the cover stays.
func (k *keeper) leave(ctx context.Context, o *orders) time.Duration {
	retry := time.Duration(k.a.cfg.Every.Retry)
	mine, err := k.journal(ctx)
	t := k.a.clock.instant()
	switch {
	case err != nil:
		k.a.log.ErrorContext(ctx, "the journal cannot be read", "camera", k.id, "err", err)
		return retry
	case len(mine) == 0:
		return -1
	case !t.trusted:
		return retry
	}
	if err := k.order(ctx, o, devices.Cover{}, t.now); err != nil {
		k.a.log.ErrorContext(ctx, "what is ordered cannot be kept", "camera", k.id, "err", err)
		return retry
	}
	for _, device := range devicesOf(mine) {
		err = errors.Join(err, k.undo(ctx, device, t.now))
	}
	if ctx.Err() != nil {
		return retry
	}
	k.note(func() {
		k.state.Camera, k.state.Site, k.state.At, k.state.Ordered, k.state.Obeys = k.id, k.a.cfg.Site, t.now, ordered(devices.Cover{}), true
		k.state.Shown = map[string]string{policy.PartPicture: cover.Unproven, policy.PartSound: cover.Unproven}
		k.state.Trouble, k.sights = "", nil
		if err != nil {
			k.state.Trouble = fmt.Sprintf("the camera left the register while we had covered it, and that is not undone: %v", err)
		}
	})
	typ := wire.EventRestored
	if err != nil {
		typ = wire.EventShown
		kind := troubleKind(err.Error())
		if kind == k.told {
			return retry
		}
		k.told = kind
		k.a.log.ErrorContext(ctx, "our cover stays on a camera that left the register", "camera", k.id, "err", err)
	}
	if terr := k.tell(ctx, typ, t.now); terr != nil {
		k.a.log.ErrorContext(ctx, "what became of a cover is not told", "camera", k.id, "err", terr)
	}
	if err != nil {
		return retry
	}
	return 0 // until the journal is empty
}

func (k *keeper) journal(ctx context.Context) ([]state.Entry, error) {
	all, err := k.a.db.Journal(ctx)
	var mine []state.Entry
	for _, e := range all {
		if e.Camera == k.id {
			mine = append(mine, e)
		}
	}
	return mine, err
}

// devicesOf are the boxes that entries are of, each once: what was replaced
// and never comes back must not keep the mask on its successor.
func devicesOf(mine []state.Entry) (boxes []string) {
	for _, e := range mine {
		if !slices.Contains(boxes, e.Device) {
			boxes = append(boxes, e.Device)
		}
	}
	return boxes
}

// undo restores the device. After a restart only the device is known and no
// longer which of its lenses it was: then it must have one.
func (k *keeper) undo(ctx context.Context, device string, now time.Time) error {
	c := k.last
	forgotten := c.ID == ""
	if forgotten {
		c = policy.Camera{ID: k.id, Identity: policy.Identity{Endpoint: device}}
	}
	b := k.a.boxOf(c)
	if b == nil {
		return k.missing()
	}
	driven, err := k.ask(ctx, b, c, func(ctx context.Context, cam devices.Camera) (cover.Driven, error) {
		if forgotten && len(b.cams) != 1 {
			return cover.Driven{}, fmt.Errorf("the device has %d lenses and the register no longer says which; remove the mask by hand", len(b.cams))
		}
		return cover.Drive(ctx, cover.Job{DB: k.a.db, At: now, Camera: k.id, Device: cam})
	})
	mine, failed := k.journal(ctx)
	if err != nil || failed != nil || !slices.Contains(devicesOf(mine), device) {
		return errors.Join(err, failed)
	}
	if len(driven.Trouble) > 0 {
		return errors.New(strings.Join(driven.Trouble, "; "))
	}
	return fmt.Errorf("another device than %s answers now", device)
}
