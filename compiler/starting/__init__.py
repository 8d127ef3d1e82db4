"""nothing, or what there is -> a first manifest."""
