package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *session) lists(ctx context.Context, args []string) error {
	add := s.flags.String("add", "", "add a list with this `name` first")
	color := s.flags.String("color", "", "the new list's `colour`, such as green")
	words, err := s.start(args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usageError("lists takes no words; \"tasklane lists -add NAME\" adds a list")
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
	fmt.Fprintln(table, "ID\tCOLOUR\tLIST")
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
