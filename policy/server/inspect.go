package server

import (
	"context"

	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/wire"
)

// Have is what the database holds of one stream of an agent.
type Have struct {
	Upto  uint64 // without a gap
	Count int
	Gaps  int // numbers that the agent itself no longer has
}

// HasEvents tells what the database holds of a stream, for comparison with the
// agent's own log.
func (s *Server) HasEvents(ctx context.Context, agent, stream string) (h Have, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		if h.Upto, err = t.Upto(agent, stream); err != nil {
			return err
		}
		if h.Count, err = t.CountEvents(agent, stream); err != nil {
			return err
		}
		gaps, err := t.Gaps(agent)
		h.Gaps = len(gaps)
		return err
	})
	return h, err
}

// Events returns what the database holds of a stream after a number, in order,
// at most limit.
func (s *Server) Events(ctx context.Context, agent, stream string, after uint64, limit int) (events []wire.Event, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		events, err = t.Events(agent, stream, after, limit)
		return err
	})
	return events, err
}
