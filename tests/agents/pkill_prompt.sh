# Ends all processes whose command line holds a word of its prompt.
word=$(grep -o 'word-[0-9a-f]*' | head -n 1)
pkill -f "$word"
echo "pkill said $?"
