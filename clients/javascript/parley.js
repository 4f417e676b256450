export const x = "é\n"
