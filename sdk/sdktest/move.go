package sdktest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// onePlace checks that a move names one place.
func (f *faults) onePlace(object map[string]any, path string) {
	_, after := object["after"]
	_, before := object["before"]
	switch {
	case after && before:
		f.add(join(path, "before"), taskapi.FieldNotAllowed, "must not be given together with after")
	case !after && !before:
		f.add(join(path, "after"), taskapi.FieldRequired, "or before is required")
	}
}

func (r resource) position() string { return r.field("position").String() }

// siblings returns the resources with which r stands in a manual order, in that
// order and without r.
func (tx *transaction) siblings(r resource) (all []resource) {
	for id := range tx.user.resources {
		if other, ok := tx.find(r.kind, id, outsideTrash); ok && id != r.id() {
			all = append(all, other)
		}
	}
	for id := range tx.staged {
		if _, known := tx.user.resources[id]; known || id == r.id() {
			continue
		}
		if other, ok := tx.find(r.kind, id, outsideTrash); ok {
			all = append(all, other)
		}
	}
	slices.SortFunc(all, compareOrder)
	return all
}

// compareOrder compares two resources in the manual order.
func compareOrder(a, b resource) int {
	return cmp.Or(strings.Compare(a.position(), b.position()), strings.Compare(a.id(), b.id()))
}

// reorder puts a resource into a place among its siblings. It returns the field at
// fault if that place is not there.
func (tx *transaction) reorder(r resource, to content) (resource, string) {
	siblings := tx.siblings(r)
	at, field := 0, "after"
	if _, before := to["before"]; before {
		at, field = len(siblings), "before"
	}
	if id, _ := to[field].Interface().(*string); id != nil {
		at = slices.IndexFunc(siblings, func(other resource) bool { return other.id() == *id })
		if at < 0 {
			return r, field
		}
		if field == "after" {
			at++
		}
	}
	if (at == 0 || compareOrder(siblings[at-1], r) < 0) && (at == len(siblings) || compareOrder(r, siblings[at]) < 0) {
		return r, ""
	}
	front := ""
	if at > 0 {
		front = siblings[at-1].position()
	}
	after := r.copied()
	if at == len(siblings) {
		after.set("position", position.Behind(front, tx.ids.next(tx.now)))
	} else {
		after.set("position", position.Between(front, siblings[at].position(), parseUUID(r.id())))
	}
	return tx.changed(after), ""
}
