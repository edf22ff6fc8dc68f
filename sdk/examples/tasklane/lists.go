package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *session) lists(ctx context.Context, args []string) error {
	add := s.flags.String("add", "", "add a list with this `name`")
	color := s.flags.String("color", "", "the new list's `color`, such as green")
	words, err := s.start(args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usageError("lists takes no arguments; \"tasklane lists -add NAME\" adds a list")
	}
	if *add != "" {
		list := taskapi.CreateListRequest{Name: *add}
		if *color != "" {
			list.Color = new(taskapi.Color(*color))
		}
		if _, err := s.client.CreateList(ctx, list); err != nil {
			return err
		}
	}
	all, err := s.allLists(ctx)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(all)
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tCOLOR\tLIST")
	for _, list := range all {
		var color taskapi.Color
		if list.Color != nil {
			color = *list.Color
		}
		name := oneLine(list.Name)
		if list.Archived {
			name += "  (archived)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", short(list.ID), color, name)
	}
	return table.Flush()
}

// listNamed returns the id of the list with this name, in any case, or with this short or
// whole id. It returns [taskapi.Inbox] for "inbox", and "" for "".
func (s *session) listNamed(ctx context.Context, name string) (string, error) {
	if name == "" || strings.EqualFold(name, taskapi.Inbox) {
		return strings.ToLower(name), nil
	}
	all, err := s.allLists(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, list := range all {
		if strings.EqualFold(list.Name, name) || short(list.ID) == name || list.ID == name {
			found = append(found, list.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", usageError(fmt.Sprintf("there is no list %q; \"tasklane lists\" shows your lists", name))
	case 1:
		return found[0], nil
	}
	return "", usageError(fmt.Sprintf("%d lists are called %q; use an id", len(found), name))
}

// allLists returns the lists outside the trash.
func (s *session) allLists(ctx context.Context) ([]taskapi.List, error) {
	all := []taskapi.List{}
	for list, err := range s.client.Lists(ctx, taskapi.ListListsOptions{Limit: taskapi.MaxListLimit}) {
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	return all, nil
}
