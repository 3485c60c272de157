package review

import (
	"reflect"

	"github.com/lensdop/lensdop/policy"
)

// kind tells how two values of a key are compared.
type kind int

const (
	_           kind = iota
	kindBlock        // key by key, by the rules of its own type
	kindList         // of blocks, matched by key
	kindSet          // of words
	kindText         // free text: only whether it is there, and the same
	kindWord         // one of an order of words
	kindMore         // a number, a length, a time, yes over no: by size
	kindPolygon      // by area and containment
	kindSize         // width and height: smaller only if neither grew
	kindWindow       // begin or end of a recurring window
)

// rule tells how to judge a change of one key.
type rule struct {
	kind kind
	// up is the direction when there is more: a longer time, a later date, a
	// larger number, yes, a new word or block, a grown area.
	up Direction
	// gone is the direction when a value disappears; none means that absent
	// is a value like any other: zero, no, or an empty set.
	gone Direction
	// unsaid is set where a list that is absent says nothing, as opposed to
	// one that is empty: then gone holds for absence alone.
	unsaid bool
	// words in order from the strictest, for kindWord; absent is what a file
	// without the key means, if it means one of them.
	words  []string
	absent string
	// content judges a block of a list by what it says, in place of up.
	content func(d *differ, item reflect.Value) Direction
	approve bool // whatever the direction, and for all that stands below
	members bool // whatever the direction, for blocks that appear or disappear
	ordered bool // the order of the list has a meaning
}

func (r rule) approved() rule                { r.approve = true; return r }
func (r rule) whenGone(d Direction) rule     { r.gone = d; return r }
func (r rule) whenUnsaid(d Direction) rule   { r.gone, r.unsaid = d, true; return r }
func (r rule) approvedMembers() rule         { r.members = true; return r }
func (r rule) inOrder() rule                 { r.ordered = true; return r }
func (r rule) withoutMeans(word string) rule { r.absent, r.gone = word, ""; return r }
func (r rule) judged(f func(d *differ, item reflect.Value) Direction) rule {
	r.content = f
	return r
}

func block() rule               { return rule{kind: kindBlock} }
func listOf(up Direction) rule  { return rule{kind: kindList, up: up} }
func setOf(up Direction) rule   { return rule{kind: kindSet, up: up} }
func text() rule                { return rule{kind: kindText, gone: Different} }
func more(up Direction) rule    { return rule{kind: kindMore, up: up} }
func polygon(up Direction) rule { return rule{kind: kindPolygon, up: up, approve: true} }

// atMost is an upper bound: higher is looser, and so is none at all.
func atMost() rule { return more(Looser).whenGone(Looser) }

// done is the date on which something that protects people was done.
func done() rule { return more(Stricter).whenGone(Looser) }

// said is a text that tells or proves something: without it there is less.
func saidText() rule { return text().whenGone(Looser) }

// from is a word in an order from the strictest to the loosest.
func from(words ...string) rule {
	return rule{kind: kindWord, up: Looser, gone: Different, words: words}
}

// added tells which way it goes when a block appears in a list.
func (d *differ) added(r rule, item reflect.Value) Direction {
	if r.content != nil {
		return r.content(d, item)
	}
	return r.up
}

// anybody tells that a version has a permission for everybody not named.
func (d *differ) anybody() bool {
	for _, p := range []*policy.Protocol{d.before, d.after} {
		for i := range p.Permissions {
			if p.Permissions[i].Role == policy.AnyRole && len(p.Permissions[i].Allow) > 0 {
				return true
			}
		}
	}
	return false
}

// newProcessing is looser, but for the checker's: without it nothing is proven.
func newProcessing(_ *differ, v reflect.Value) Direction {
	if q, _ := reflect.TypeAssert[policy.Processing](v); q.Checker {
		return Stricter
	}
	return Looser
}

// newPermission is looser if it allows something. What it does to a role that
// had a share in what everybody may do cannot be told.
func newPermission(d *differ, v reflect.Value) Direction {
	switch p, _ := reflect.TypeAssert[policy.Permission](v); {
	case len(p.Allow) == 0 && (p.Role == policy.AnyRole || !d.anybody()):
		return Stricter
	case p.Role == policy.AnyRole || !d.anybody():
		return Looser
	default:
		return Different
	}
}

func newZone(_ *differ, v reflect.Value) Direction {
	if z, _ := reflect.TypeAssert[policy.Zone](v); !z.MayBeSeen() {
		return Stricter
	}
	return Looser
}

func newTemplate(_ *differ, v reflect.Value) Direction {
	if t, _ := reflect.TypeAssert[policy.Template](v); t.InUse() {
		return Stricter
	}
	return Different
}

func newDecision(_ *differ, v reflect.Value) Direction {
	switch r, _ := reflect.TypeAssert[policy.RecordedDecision](v); {
	case r.Waiver != "":
		return Looser
	case r.Cover.IsSet():
		return Stricter
	default:
		return Different
	}
}

func newConsent(_ *differ, v reflect.Value) Direction {
	if c, _ := reflect.TypeAssert[policy.Consent](v); c.Given != nil && *c.Given && c.Annulled.IsZero() {
		return Stricter
	}
	return Different
}
