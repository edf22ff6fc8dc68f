package sdk_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// exampleLists returns a client of a service in memory, whose user has two lists.
func exampleLists() (client *sdk.Client, garden, shed taskapi.List, stop func()) {
	client, _, stop = exampleClient()
	create := func(name string) taskapi.List {
		list, err := client.CreateList(ctx, taskapi.CreateListRequest{Name: name, Color: new(taskapi.Green)})
		if err != nil {
			log.Fatal(err)
		}
		return list
	}
	return client, create("Garden"), create("Shed"), stop
}

func ExampleClient_CreateList() {
	client, _, stop := exampleClient()
	defer stop()

	list, err := client.CreateList(ctx, taskapi.CreateListRequest{Name: "Garden", Color: new(taskapi.Green)})
	if errors.Is(err, sdk.ErrTooManyLists) {
		log.Fatal("delete a list first")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "is", *list.Color)
	// Output: Garden is green
}

func ExampleClient_ListLists() {
	client, _, _, stop := exampleLists()
	defer stop()

	page, err := client.ListLists(ctx, taskapi.ListListsOptions{Archived: new(false), Limit: taskapi.MaxListLimit})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Lists), "lists; more:", page.Meta.NextCursor != nil)
	// Output: 2 lists; more: false
}

func ExampleClient_Lists() {
	client, _, _, stop := exampleLists()
	defer stop()

	for list, err := range client.Lists(ctx, taskapi.ListListsOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(list.Name)
	}
	// Output:
	// Garden
	// Shed
}

func ExampleClient_GetList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	list, err := client.GetList(ctx, garden.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "of version", list.Version)
	// Output: Garden of version 1
}

func ExampleClient_ReplaceList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	list, err := client.ReplaceList(ctx, garden.ID, taskapi.ReplaceListRequest{Name: "Balcony"}, sdk.IfMatch(garden.Version))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "has a color:", list.Color != nil)
	// Output: Balcony has a color: false
}

func ExampleClient_UpdateList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	list, err := client.UpdateList(ctx, garden.ID, taskapi.UpdateListRequest{Archived: taskapi.Some(true)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "is archived:", list.Archived)
	// Output: Garden is archived: true
}

func ExampleClient_DeleteList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	list, err := client.DeleteList(ctx, garden.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "is in the trash:", list.DeletedAt != nil)
	// Output: Garden is in the trash: true
}

func ExampleClient_RestoreList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	if _, err := client.DeleteList(ctx, garden.ID); err != nil {
		log.Fatal(err)
	}
	list, err := client.RestoreList(ctx, garden.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Name, "is in the trash:", list.DeletedAt != nil)
	// Output: Garden is in the trash: false
}

func ExampleClient_EraseList() {
	client, garden, _, stop := exampleLists()
	defer stop()

	if _, err := client.EraseList(ctx, garden.ID); err != nil {
		log.Fatal(err)
	}
	_, err := client.GetList(ctx, garden.ID)
	fmt.Println(errors.Is(err, sdk.ErrListNotFound))
	// Output: true
}

func ExampleClient_MoveList() {
	client, garden, shed, stop := exampleLists()
	defer stop()

	if _, err := client.MoveList(ctx, shed.ID, taskapi.MoveListRequest{Before: taskapi.Some(&garden.ID)}); err != nil {
		log.Fatal(err)
	}
	for list, err := range client.Lists(ctx, taskapi.ListListsOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(list.Name)
	}
	// Output:
	// Shed
	// Garden
}
