def growth(bench):
    pass
