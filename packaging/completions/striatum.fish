source (status dirname)/git-striatum.fish
