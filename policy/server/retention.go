package server

import (
	"context"
	"time"

	"github.com/lensdop/lensdop/policy/server/store"
)

const (
	// defaultRetention is for a protocol that says nothing about the checker:
	// the four weeks that the seed gives to recordings (Heusden art. 6).
	defaultRetention = 28 * 24 * time.Hour
	// auditMonths is how long the audit trail and decisions that are over stay:
	// a yearly account must be able to look back on its whole year.
	auditMonths = 18

	purgeEvery = time.Hour
)

// limits are the instants before which data has had its time: what the
// protocol says of the checker, and longer for what people did.
func (s *Server) limits(now time.Time) store.Limits {
	l := store.Limits{Data: now.Add(-defaultRetention), Audit: now.AddDate(0, -auditMonths, 0)}
	c, ok := s.protocol.Checker()
	if !ok || c.Retention.Max.IsZero() {
		return l
	}
	if fixed, ok := c.Retention.Max.Fixed(); ok {
		l.Data = now.Add(-fixed)
		return l
	}
	// A calendar period is counted forward, so the instant is looked for by days.
	for day := now; ; day = day.AddDate(0, 0, -1) {
		if !c.Retention.Max.After(day).After(now) {
			l.Data = day
			break
		}
		if day.Before(l.Audit) {
			l.Data = l.Audit
			break
		}
	}
	return l
}

// purge deletes what has had its time.
func (s *Server) purge(ctx context.Context, now time.Time) error {
	var all int64
	for {
		var gone int64
		err := s.store.Update(ctx, func(t *store.Tx) (err error) {
			gone, err = t.Purge(s.limits(now), now, s.ended)
			return err
		})
		if err != nil {
			return err
		}
		if all += gone; gone == 0 {
			break
		}
	}
	if all > 0 {
		s.log.InfoContext(ctx, "deleted what has had its time", "rows", all)
	}
	return nil
}

// keepTidy purges at the start and every hour until ctx ends.
func (s *Server) keepTidy(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := s.purge(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "data that has had its time cannot be deleted", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
