package modeltest_test

import (
	"maps"
	"slices"
)

// maxTrials bounds how often a sequence is replayed while it is shrunk.
const maxTrials = 1500

// shrink returns a short sequence with simple steps that still fails.
func shrink(steps []step, fails func([]step) bool) []step {
	trials := 0
	try := func(candidate []step) bool {
		trials++
		if len(candidate) == 0 || trials > maxTrials || !fails(candidate) {
			return false
		}
		steps = candidate
		return true
	}
	for before := -1; before != size(steps) && trials <= maxTrials; {
		before = size(steps)
		for chunk := len(steps); chunk > 0; chunk /= 2 {
			for start := 0; start < len(steps); {
				if !try(slices.Delete(slices.Clone(steps), start, min(start+chunk, len(steps)))) {
					start += chunk
				}
			}
		}
		for i := range steps {
			for n := 0; n < len(simpler(steps[i])); {
				candidate := slices.Clone(steps)
				candidate[i] = simpler(steps[i])[n]
				if !try(candidate) {
					n++
				}
			}
		}
	}
	return steps
}

// size is the length of the steps' printed form.
func size(steps []step) int {
	n := 0
	for _, s := range steps {
		n += len(s.String())
	}
	return n
}

// simpler returns simplified variants of a step.
func simpler(s step) []step {
	var all []step
	for i := range s.header {
		variant := s
		variant.header = slices.Delete(slices.Clone(s.header), i, i+1)
		all = append(all, variant)
	}
	for _, b := range s.body.simpler() {
		variant := s
		variant.body = b
		all = append(all, variant)
	}
	return all
}

func (b body) simpler() []body {
	var all []body
	for i := range b.operations {
		variant := b
		if variant.operations = slices.Delete(slices.Clone(b.operations), i, i+1); len(variant.operations) > 0 {
			all = append(all, variant)
		}
		for _, operation := range b.operations[i].simpler() {
			variant := b
			variant.operations = slices.Clone(b.operations)
			variant.operations[i] = operation
			all = append(all, variant)
		}
	}
	for i, m := range b.members {
		variant := b
		if m.inner == nil {
			variant.members = slices.Delete(slices.Clone(b.members), i, i+1)
			// Without these, the body would fail for another reason.
			if len(variant.members) > 0 && !slices.Contains([]string{"op", "kind", "id", "title", "name"}, m.name) {
				all = append(all, variant)
			}
			continue
		}
		for _, inner := range m.inner.simpler() {
			variant := b
			variant.members = slices.Clone(b.members)
			variant.members[i].inner = &inner
			all = append(all, variant)
		}
	}
	return all
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
